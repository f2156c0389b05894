from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of a background process; `/readyz` looks at its age."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"
