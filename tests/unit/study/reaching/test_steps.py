"""What takes a reminder: the carriers a protocol names, step by step, and what silences each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.contacts import (
    ConsentFacts,
    ContactFacts,
    WhyNot,
    reach,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.steps import kinds_at
from tests.support.example import example_study

AT = datetime(2026, 1, 5, tzinfo=UTC)
CONSENT = ConsentFacts(version="1", signed_on=date(2026, 1, 4), messages=True)


def protocol(*by: str, safety: tuple[str, ...] = ("text",)) -> Protocol:
    """The example study, with these carriers."""
    study = example_study().protocol
    messaging = study.messaging
    nudges = messaging.safety.model_copy(update={"by": safety})
    changed = messaging.model_copy(update={"by": by, "safety": nudges})
    return study.model_copy(update={"messaging": changed})


def contact(place: int, kind: Kind, **changes: object) -> ContactFacts:
    """A contact of the participant's own."""
    fields = {"id": UUID(int=place), "ordinal": place, "kind": kind}
    sealed = {"address_sealed": "", "address_key": "", "blind_index": f"{place:02}"}
    return ContactFacts.model_validate(fields | sealed | changes)


def test_a_protocol_that_names_nothing_sends_texts_as_before() -> None:
    study = example_study().protocol
    assert study.messaging.by == study.messaging.safety.by == ("text",)
    for profile in ("standard", "safety"):
        assert kinds_at(study, profile, 1) == kinds_at(study, profile, 9) == ("phone",)


def test_each_step_tries_its_own_carrier_and_then_the_others_named() -> None:
    study = protocol("text", "email")
    assert [kinds_at(study, "standard", n) for n in (1, 2, 3)] == [
        ("phone", "email"),
        ("email", "phone"),
        ("email", "phone"),
    ]
    assert kinds_at(study, "safety", 1) == ("phone",)
    assert kinds_at(protocol("email"), "standard", 2) == ("email",)


PHONE, EMAIL = contact(1, "phone"), contact(2, "email")


@pytest.mark.parametrize(
    ("phone", "email", "kinds", "place", "why"),
    [
        ({}, {}, ("phone", "email"), 1, None),
        ({}, {}, ("email", "phone"), 2, None),
        ({}, {}, ("phone",), 1, None),
        ({}, {"opted_out_at": AT}, ("email", "phone"), 1, None),
        ({"bad": True}, {}, ("phone", "email"), 2, None),
        ({"bad": True}, {}, ("phone",), None, WhyNot.bad_number),
        # "No more texts" is meant for all of a person's addresses; "no more e-mails" is not.
        ({"opted_out_at": AT}, {}, ("email", "phone"), None, WhyNot.opted_out),
        ({}, {"confirmed": False}, ("email",), None, WhyNot.no_number),
    ],
)
def test_the_first_of_the_kinds_in_order_who_may_be_written_to(
    phone: dict[str, object],
    email: dict[str, object],
    kinds: tuple[Kind, ...],
    place: int | None,
    why: WhyNot | None,
) -> None:
    both = (PHONE.model_copy(update=phone), EMAIL.model_copy(update=email))
    found = reach(both, CONSENT, kinds)
    assert (found.contact and found.contact.ordinal, found.why_not) == (place, why)


def test_somebody_elses_stop_leaves_the_participants_letters() -> None:
    theirs = {"relation": "child", "may_be_texted": True, "opted_out_at": AT}
    child = contact(3, "phone", **theirs)
    assert reach((child, EMAIL), CONSENT, ("email",)).contact == EMAIL
