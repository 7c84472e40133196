"""Blank forms to print for when nothing else works: code, visit, questions, and no answer.

What is written on them is typed in later, as paper. Printing one stores nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.entering import printable, printable_on
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import zone
from pro_service.services.answering import instrument_as_used
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.entering.heads import ENTER, find_who, read_now, read_own_frame
from pro_service.services.desk.seat import at_desk
from pro_service.services.desk.today import read_frame, read_week
from pro_service.store.desk import clerk
from pro_service.store.desk.frame import Frame

MOST_OF_A_DAY: Final = 60
"""Participants of one clinic day whose forms are printed at once."""
_MOST_OF_A_WEEK: Final = 500


class BlankForm(NamedTuple):
    """A questionnaire as it is printed: for whom, of which visit, in the words in force."""

    facts: ParticipantFacts
    protocol: Protocol
    visit: VisitFacts
    assessment: AssessmentFacts
    instrument: Instrument


class BlankForms(NamedTuple):
    """Forms to print, in order, and what else there is."""

    forms: Sequence[BlankForm]
    others: Sequence[BlankForm]
    """One of each other visit of the participant that can still be answered."""
    left_out: int
    """Participants left out for want of room."""
    frame: Frame


async def blank_forms(hands: Hands, code: str, visits: Collection[UUID]) -> BlankForms:
    """The forms of the visits named; else of those open now, or of the next to open.

    Raises NotHereError, NotAllowedError.
    """
    who, _ = await find_who(hands, code)
    facts, protocol = await read_now(who)
    found = [_form(hands, facts, protocol, visit, one) for visit, one in printable(facts, protocol)]
    shown = set(visits) or {one.visit.id for one in found if one.visit.opens_at <= facts.now}
    shown = shown or {one.visit.id for one in found[:1]}
    others = {one.visit.id: one for one in found if one.visit.id not in shown}
    forms = [one for one in found if one.visit.id in shown]
    return BlankForms(forms, tuple(others.values()), 0, await read_own_frame(hands))


async def blank_forms_of_day(hands: Hands, day: date) -> BlankForms:
    """The forms of everybody who comes to the clinic on a day of this week, at the seat's sites.

    For each what can be answered on that day (the participant's own).
    """
    study_id, seat = hands.seat.study_id, hands.seat
    async with at_desk(hands.desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        week = await read_week(connection, hands.context, study_id, frame.now, _MOST_OF_A_WEEK)
        coming = {
            one.code: one.site_id
            for one in week.rows
            if one.kind == "clinic" and one.target_on == day and seat.may(ENTER, one.site_id)
        }
        here = await clerk.list_present_codes(connection, study_id, coming)
    codes = sorted(here)
    forms: list[BlankForm] = []
    for code in codes[:MOST_OF_A_DAY]:
        who, _ = await find_who(hands, code)
        facts, protocol = await read_now(who)
        forms += [
            _form(hands, facts, protocol, visit, one)
            for visit, one in printable_on(facts, protocol, day, zone(facts.zone))
        ]
    return BlankForms(forms, (), max(0, len(codes) - MOST_OF_A_DAY), frame)


def _form(
    hands: Hands,
    facts: ParticipantFacts,
    protocol: Protocol,
    visit: VisitFacts,
    one: AssessmentFacts,
) -> BlankForm:
    instrument = instrument_as_used(hands.context, protocol, one.instrument)
    return BlankForm(facts, protocol, visit, one, instrument)
