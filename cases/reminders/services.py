"""Which address is safe: somebody marks it with the person, and anybody who manages a case of theirs withdraws it."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.casefile.services import lock
from cases.people.models import FamilyMember, Person
from cases.reminders.checks import reminders_have_a_neutral_sender
from cases.reminders.models import SafeContact, SafeContactQuerySet
from centres.duties import duties_of
from centres.models import StaffMember
from foundation.rules import RuleError
from foundation.search import keyed_hash


class ReminderError(RuleError):
    """A rule about reminders forbids this step. `code` says which rule."""


def switched_on() -> bool:
    """Whether this portal sends reminders at all. It does not unless somebody has decided so, and from where."""
    return bool(settings.SESSION_REMINDERS) and not reminders_have_a_neutral_sender(None)


def may_have_contact(person: Person) -> bool:
    """Adults only, and only those whose age is known: what a child does, a parent reads who may be the danger."""
    return person.is_minor is False


@transaction.atomic
def mark_safe_contact(case: Case, member: FamilyMember, *, address: str, by: User) -> SafeContact:
    """Keep an address of which it has been established that nobody but this person reads it, and that they want to be
    reminded by it of the meetings of this case. One that was marked too long ago makes room for the new one.
    """
    case = lock(case)
    person = Person.objects.select_for_update(no_key=True).get(pk=member.person_id)
    if not FamilyMember.objects.current().filter(family=case.family_id, person=person).exists():
        raise ReminderError(_("This person does not belong to the family any more."), code="not_family")
    if not may_have_contact(person):
        raise ReminderError(
            _("Only an adult whose date of birth is known can be reminded by e-mail."), code="not_adult"
        )
    _withdraw(_lapsed(case, person), asked_in=case, by=by)
    contact = SafeContact(
        person=person,
        case=case,
        address=address,
        address_hash=keyed_hash(address.casefold()),
        marked_by=StaffMember.objects.get(user=by),
    )
    if User.objects.filter(email__iexact=address).exists():
        raise ReminderError(_("This is the address of somebody who works here."), code="of_staff", field="address")
    contact.full_clean()
    contact.save(force_insert=True)
    record(by, "cases.mark_safe_contact", contact, person=person.uuid, case=case.uuid)
    return contact


@transaction.atomic
def withdraw_safe_contact(case: Case, member: FamilyMember, *, by: User) -> int:
    """From now on nothing is sent to this person, about this case or another: what is unsafe is unsafe everywhere.

    A case may be closed by then. Returns how many addresses were withdrawn; a second time it is none.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=member.person_id)
    return _withdraw(person.safe_contacts.current(), asked_in=case, by=by)


def _lapsed(case: Case, person: Person) -> SafeContactQuerySet:
    """Current by its row, but marked so long ago that nothing is sent to it."""
    marked = SafeContact.objects.current().filter(person=person, case=case)
    return marked.exclude(pk__in=SafeContact.objects.holding(timezone.now()).values("pk"))


def _withdraw(contacts: SafeContactQuerySet, *, asked_in: Case, by: User) -> int:
    """The person's row is locked."""
    withdrawn = list(contacts.select_related("person", "case"))
    SafeContact.objects.filter(pk__in=[one.pk for one in withdrawn]).update(
        withdrawn_at=timezone.now(), withdrawn_by=duties_of(by).staff_id
    )
    for one in withdrawn:
        record(
            by,
            "cases.withdraw_safe_contact",
            one,
            person=one.person.uuid,
            case=one.case.uuid,
            asked_in=asked_in.uuid,
        )
    return len(withdrawn)
