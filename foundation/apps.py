"""What every app stands on, one subject a module. No models."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "foundation"
