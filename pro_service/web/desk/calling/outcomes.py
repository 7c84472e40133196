"""The form that closes a call: what may have come of it, what each outcome does and asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from pro_service.domain.study.follow_up.call_keys import CONFIRM_NUMBER
from pro_service.domain.study.reaching.call_outcomes import (
    ABOUT_A_VISIT,
    UNTIL_DONE,
    CallOutcome,
    Hearing,
    is_unheard,
    what_follows,
)
from pro_service.domain.study.reaching.call_times import CallDayError, CallTimeError
from pro_service.domain.study.times import DayRangeError, typed_day, typed_instant, zone
from pro_service.services.desk.call_page import CallToMake, days_to_wait
from pro_service.services.desk.calls import CallSaid
from pro_service.services.desk.pausing import LONGEST_PAUSE
from pro_service.store.desk.desk import ContactLine
from pro_service.web.desk.contacts import contact_in_words
from pro_service.web.desk.guard import uuid_of
from pro_service.web.desk.words import Words
from pro_service.web.requests import Form

_GROUPS: Final[Mapping[str, Sequence[CallOutcome]]] = {
    "spoke": (
        CallOutcome.answers_now,
        CallOutcome.will_answer,
        CallOutcome.reached,
        CallOutcome.declined,
    ),
    "nobody": (CallOutcome.no_answer, CallOutcome.wrong_number),
    "less": (
        CallOutcome.rest,
        CallOutcome.no_texts,
        CallOutcome.stops_questionnaires,
        CallOutcome.withdraws_follow_up,
        CallOutcome.withdraws_data_use,
    ),
    "happened": (CallOutcome.hospital, CallOutcome.harmed, CallOutcome.died),
    "task": (CallOutcome.not_needed, CallOutcome.other),
}
"""In the order of the form."""
_DAYS: Final = (
    CallOutcome.will_answer,
    CallOutcome.rest,
    CallOutcome.hospital,
    CallOutcome.harmed,
    CallOutcome.died,
)
"""Outcomes with a field for a day."""
_TYPED: Final = ("outcome", "note", "contact", "again", *(f"day_{one}" for one in _DAYS))


def outcome_values(
    words: Words, call: CallToMake, hearing: Hearing, typed: Mapping[str, str], *, enters: bool
) -> dict[str, Any]:
    """What the form shows; `typed` is what stood in it when it could not be taken.

    Whoever enters no answers (`enters`) is not offered the outcome that leads to entry.
    """
    contacts = call.timeline.document.contacts
    waits = days_to_wait(call)
    groups = [
        {
            "name": words.text(f"call_group.{name}"),
            "outcomes": [
                _outcome(words, call, one, hearing)
                for one in outcomes
                if (call.call.visit_id is not None or one not in ABOUT_A_VISIT)
                and (one is not CallOutcome.will_answer or waits is not None)
                and (one is not CallOutcome.answers_now or enters)
            ],
        }
        for name, outcomes in _GROUPS.items()
    ]
    return {
        "groups": [one for one in groups if one["outcomes"]],
        "rung": rung_values(words, call.call.reason, contacts),
        "ends": words.word("call_ends", call.call.reason)
        if call.call.reason in UNTIL_DONE
        else None,
        "typed": {name: typed.get(name, "") for name in _TYPED},
    }


def _outcome(
    words: Words, call: CallToMake, outcome: CallOutcome, hearing: Hearing
) -> dict[str, Any]:
    follows = what_follows(call.call.reason, outcome, hearing)
    key = f"outcome_means.{outcome}"
    if outcome is CallOutcome.no_answer:
        key += "_again" if follows.comes_back else "_ends"
    elif is_unheard(outcome, hearing):
        key += "_unheard"
    means = ""
    if words.has(key):
        means = words.text(key, tried=hearing.tried + 1, tries=hearing.tries)
    return {
        "value": outcome.value,
        "word": words.word("outcome", outcome),
        "means": means,
        "day": _day(words, call, outcome) if outcome in _DAYS else None,
        "again": _again(call) if outcome is CallOutcome.no_answer and follows.comes_back else None,
    }


def _day(words: Words, call: CallToMake, outcome: CallOutcome) -> dict[str, Any]:
    """The field for a day: its bounds, and what is offered."""
    document, label = call.timeline.document, words.text(f"call_day.{outcome}")
    theirs = document.now.astimezone(zone(document.zone)).date()
    if outcome is CallOutcome.will_answer:
        first, last = days_to_wait(call) or ("", "")
        return {"label": label, "first": first, "last": last, "offered": ""}
    if outcome is CallOutcome.rest:
        last = date.fromordinal(theirs.toordinal() + LONGEST_PAUSE.days).isoformat()
        first = date.fromordinal(theirs.toordinal() + 1).isoformat()
        return {"label": label, "first": first, "last": last, "offered": ""}
    return {"label": label, "first": "", "last": theirs.isoformat(), "offered": ""}


def _again(call: CallToMake) -> dict[str, str]:
    """The field for when to ring again, with the next working day offered (site's clock)."""
    local = zone(call.timeline.site.zone)
    now = call.timeline.document.now.astimezone(local)
    offered = "" if call.next_try is None else f"{call.next_try.astimezone(local):%Y-%m-%dT%H:%M}"
    return {"first": f"{now:%Y-%m-%dT%H:%M}", "offered": offered}


def rung_values(words: Words, reason: str, contacts: Sequence[ContactLine]) -> list[dict[str, Any]]:
    """Whose telephone may have been rung: asked only where there are several.

    The one that is still to be confirmed is then chosen already.
    """
    rung = [one for one in contacts if one.kind == "phone" and one.silence != "wrong_number"]
    waiting = [one for one in rung if one.silence == "number_unconfirmed"]
    return [
        {
            "id": str(one.id),
            "who": contact_in_words(words, one),
            "chosen": reason == CONFIRM_NUMBER and waiting == [one],
        }
        for one in (rung if len(rung) > 1 else [])
    ]


def read_said(form: Form) -> CallSaid:
    """What the form says of a call.

    Raises CallDayError, CallTimeError, DayRangeError for what cannot be read.
    """
    outcome, contact = str(form.get("outcome", "")), str(form.get("contact", ""))
    return CallSaid(
        outcome,
        str(form.get("note", "")),
        uuid_of(contact) if contact else None,
        _read_day(str(form.get(f"day_{outcome}", ""))) if outcome in _DAYS else None,
        _read_time(str(form.get("again", ""))) if outcome == CallOutcome.no_answer else None,
    )


def typed_in(form: Form) -> dict[str, str]:
    """What stood in the form, to be shown again."""
    return {name: str(form.get(name, "")) for name in _TYPED}


def _read_day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return typed_day(text.strip())
    except DayRangeError:
        raise
    except ValueError:
        raise CallDayError from None


def _read_time(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return typed_instant(text.strip()).replace(tzinfo=None)
    except ValueError:
        raise CallTimeError from None
