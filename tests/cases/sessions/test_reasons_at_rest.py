"""Why a meeting was called off, somebody left a group, a series was ended: nobody reads it without the key."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from cases.sessions.group_models import GroupEnrolment
from cases.sessions.models import Session
from cases.sessions.series_models import SeriesReview
from tests.cases.sessions.conftest import people_of
from tests.cases.sessions.series_world import series_of
from tests.groups import make_group

pytestmark = pytest.mark.django_db
REASON = "Matka w szpitalu."
FIELDS = {Session: "cancel_reason", GroupEnrolment: "leaving_reason", SeriesReview: "reason"}


@pytest.fixture
def reasons(planned, annas_case, piotr, wodna, family_therapy):
    """One of each, by model."""
    planned.status, planned.cancel_reason = Session.Status.CANCELLED_BY_FAMILY, REASON
    planned.save()
    planned.occupancies.all().delete()
    enrolment = GroupEnrolment.objects.create(
        group=make_group(wodna, piotr, annas_case),
        case=annas_case,
        person=people_of(annas_case)[1],
        from_on=dt.date(2026, 11, 2),
        to_on=dt.date(2026, 11, 16),
        leaving_reason=REASON,
    )
    series = series_of(annas_case, piotr, family_therapy)
    review = series.reviews.create(decision=SeriesReview.Decision.ENDED, reason=REASON, meetings=0)
    return {Session: planned, GroupEnrolment: enrolment, SeriesReview: review}


def stored(record):
    field = FIELDS[type(record)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM {record._meta.db_table} WHERE id = %s", [record.pk])  # noqa: S608 - ours
        return cursor.fetchone()[0]


@pytest.mark.parametrize("model", FIELDS)
def test_what_is_stored_cannot_be_read(reasons, model):
    assert stored(reasons[model]).startswith("v1:")
    assert getattr(model.objects.get(pk=reasons[model].pk), FIELDS[model]) == REASON


@pytest.mark.parametrize("model", FIELDS)
def test_what_stood_there_in_clear_is_encrypted_by_the_migration_and_back(reasons, model):
    migration = import_module("cases.migrations.0017_reasons_encrypted")
    record = reasons[model]
    migration.decrypt(apps, None)
    assert stored(record) == REASON
    migration.encrypt(apps, None)
    assert stored(record).startswith("v1:")
    assert getattr(model.objects.get(pk=record.pk), FIELDS[model]) == REASON
