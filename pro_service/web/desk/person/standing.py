"""Where one participant stands: a status from now on, looked at first (R1 says what it stops)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import safety_visits_ahead
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.statuses import RULES, check_status, standing
from pro_service.domain.study.times import zone
from pro_service.services.base.turns import Who
from pro_service.services.desk.seat import NotAllowedError
from pro_service.services.visits.events import record_status
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet

BY_COORDINATORS: Final = (
    Status.active,
    Status.stopped_treatment,
    Status.stopped_questionnaires,
    Status.lost,
    Status.screen_failure,
    Status.completed,
)
TO_INVESTIGATORS: Final = (Status.withdrew_follow_up, Status.withdrew_data_use)
"""Said to an investigator; a withdrawal from follow-up ends the safety follow-up (R1)."""


def _offered(asked: Asked) -> tuple[Status, ...]:
    """What may be recorded by who asks; a pause and a death have forms of their own."""
    withdrawals = TO_INVESTIGATORS if asked.may(Action.record_withdrawal) else ()
    return (*BY_COORDINATORS, *withdrawals)


def _fields(asked: Asked) -> Sequence[Field]:
    words = asked.words
    options = [(one.value, words.word("status", one)) for one in _offered(asked)]
    hint = None if asked.may(Action.record_withdrawal) else words.text("status_sheet.investigator")
    return (Field("status", "choice", words.text("status_sheet.which"), options, hint),)


def _read(asked: Asked) -> Status:
    """The status chosen. Raises FieldError, and NotAllowedError for an investigator's."""
    status = Status(asked.typed.choice("status", [one.value for one in Status]))
    if status in TO_INVESTIGATORS and not asked.may(Action.record_withdrawal):
        raise NotAllowedError
    asked.typed.choice("status", [one.value for one in _offered(asked)])
    return status


async def _look(asked: Asked) -> Outlook:
    status, words, facts = _read(asked), asked.words, asked.facts
    before = standing(facts.statuses, facts.now, facts.events).status
    check_status(before, status, facts.events)
    rule = RULES[status]
    sentences = [
        words.text(
            "status_sheet.becomes",
            before=words.text("status.none") if before is None else words.word("status", before),
            after=words.word("status", status),
        ),
        words.text(f"status_sheet.texts_{'stop' if rule.stops_messages else 'go_on'}"),
        words.text(f"status_sheet.asking_{'stops' if rule.stops_asking else 'goes_on'}"),
        words.text(f"status_sheet.visits_{'stop' if rule.stops_visits else 'go_on'}"),
        words.text("status_sheet.stays"),
    ]
    return Outlook(sentences, warnings=_warnings(asked, status), document=status)


def _warnings(asked: Asked, status: Status) -> list[str]:
    """The safety visits that go on all the same, or end with a withdrawal from follow-up."""
    words, local = asked.words, zone(asked.facts.zone)
    ahead = safety_visits_ahead(asked.facts, asked.protocol)
    if not ahead or not (RULES[status].stops_messages or RULES[status].stops_asking):
        return []
    if status is Status.withdrew_follow_up:
        return [words.text("status_sheet.safety_ends")]
    visits = [
        words.text(
            "status_sheet.safety_visit",
            visit=words.visit(asked.protocol, one.definition, one.occurrence),
            closes=words.until(one.closes_at, local),
        )
        for one in ahead
    ]
    return [words.text("status_sheet.safety_goes_on"), *visits]


async def _act(asked: Asked, who: Who) -> Done:
    status = _read(asked)
    await record_status(who, status, actor=asked.actor, reason=asked.reason)
    return Done("status")


STATUS: Final = Sheet("status", Action.set_status, _fields, _act, _look)
