"""What the own page says of what comes next: one day, and no text to who has not agreed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from pro_service.domain.delivery.contacts import ConsentFacts, ContactFacts
from pro_service.domain.study.facts import ReminderFacts
from pro_service.services.pages.own_page import OwnPage
from pro_service.services.pages.questionnaire import Questionnaire
from tests.unit.study import study_makers as make

INJECTED = date(2026, 3, 10)
MONTH_2 = make.plan([make.injection(occurred_at=make.at(INJECTED, 10))])["month_2"]
FIRST_TEXT = make.at(MONTH_2.target_on - timedelta(days=2), 18, 30)


def page_of(reminders: Sequence[ReminderFacts], **agreed: bool) -> OwnPage:
    """The page of somebody whose next visit has these nudges."""
    consent = ConsentFacts(
        **({"version": "1", "signed_on": INJECTED, "messages": True, "caregiver": False} | agreed)
    )
    visit = make.visit(MONTH_2, reminders=tuple(reminders))
    now = make.at(INJECTED + timedelta(days=3), 9)
    facts = make.participant([visit], now=now, consent=consent)
    unread: Any = None  # What is tried here stands in the facts alone.
    return OwnPage(facts, make.example(), unread, unread, unread, ())


@pytest.mark.parametrize(
    ("reminders", "day"),
    [
        ((make.reminder(1, FIRST_TEXT),), MONTH_2.target_on - timedelta(days=2)),
        ((make.reminder(1, FIRST_TEXT, ended_at=FIRST_TEXT),), MONTH_2.target_on),
        ((), MONTH_2.target_on),
    ],
)
def test_the_next_questions_come_with_their_first_text(
    reminders: Sequence[ReminderFacts], day: date
) -> None:
    assert page_of(reminders).next_day == day


def test_no_text_is_announced_to_who_has_not_agreed() -> None:
    reminders = (make.reminder(1, FIRST_TEXT),)
    assert page_of(reminders).next_nudge_at == FIRST_TEXT
    page = page_of(reminders, messages=False)
    assert (page.has_agreed, page.next_nudge_at) == (False, None)
    page = page_of(reminders, messages=False, caregiver=True)
    assert (page.has_agreed, page.next_nudge_at) == (True, FIRST_TEXT)


def test_no_text_is_promised_after_sending_to_who_gets_none() -> None:
    def texted(contact: ContactFacts, **agreed: bool) -> bool:
        facts = page_of((), **agreed).facts.model_copy(update={"contacts": (contact,)})
        return Questionnaire(facts, make.example(), (), None).is_texted

    stopped = make.contact(opted_out_at=FIRST_TEXT)
    assert [texted(make.contact()), texted(make.contact(), messages=False), texted(stopped)] == [
        *(True, False, False)
    ]
