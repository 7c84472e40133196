"""What participants choose on their own page: hour, way, language, letters, a pause, no texts.

Each choice is one guarded write with the idempotency key of its form. It is kept as a row of its
own, and the nudges that wait follow it in the same write.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal, get_args

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.nudges import plan_anew
from pro_service.domain.study.protocol import Messaging, Protocol
from pro_service.domain.study.times import day_start, is_quiet, local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.services.pages.own_page import OwnPage, open_own_page
from pro_service.services.texting import opt_out_document
from pro_service.store.answering import answers
from pro_service.store.connection import (
    Connection,
    DuplicateError,
    Guard,
    StaleRevisionError,
    transaction,
)
from pro_service.store.ids import new_id
from pro_service.store.pages import preferences
from pro_service.store.texting import lines

Setting = Literal["time", "way", "language", "letters", "pause"]
SETTINGS: Final[tuple[Setting, ...]] = get_args(Setting)
PAUSES: Final = (7, 14, 28)
"""How many days a pause may last."""
END_PAUSE: Final = "end"
REASON: Final = "chosen on the participant's page"
_HALF_HOURS: Final = tuple(time(half // 2, half % 2 * 30) for half in range(48))
_MAY_PAUSE: Final = (Status.screened, Status.active, Status.stopped_treatment)


class ChoiceRefusedError(ProServiceError):
    """This cannot be chosen."""


def may_pause(page: OwnPage) -> bool:
    """Whether a pause can begin, or end."""
    return page.status in (*_MAY_PAUSE, Status.paused)


def options(page: OwnPage, setting: Setting) -> tuple[str, ...]:
    """What may be chosen, as forms send it; fewer than two leave nothing to choose."""
    if setting == "time":
        return tuple(f"{one:%H:%M}" for one in _hours(page.protocol.messaging))
    if setting == "way":
        return tuple(page.ways)
    if setting == "language":
        return page.protocol.study.languages
    if setting == "letters":
        return ("normal", "larger")
    days = tuple(str(days) for days in PAUSES) if may_pause(page) else ()
    return (*days, END_PAUSE) if page.status is Status.paused else days


def chosen(page: OwnPage, setting: Setting) -> str | None:
    """What holds now, as forms send it; None for a pause, which is always asked anew."""
    facts = page.facts
    present: dict[Setting, str | None] = {
        "time": f"{page.hour:%H:%M}",
        "way": page.way,
        "language": facts.language,
        "letters": "larger" if facts.larger_text else "normal",
        "pause": None,
    }
    return present[setting]


def resumes_at(facts: ParticipantFacts, days: int) -> datetime:
    """When a pause of so many days that begins now ends: a midnight in the participant's zone."""
    local = zone(facts.zone)
    return day_start(local_day(facts.now, local) + timedelta(days=days), local)


async def choose(
    connection: Connection,
    context: ServiceContext,
    shown: str,
    *,
    key: str,
    setting: Setting,
    value: str,
) -> bool:
    """Keep one choice; False if the cookie leads nowhere (any more).

    Raises ChoiceRefusedError for what is not among the options, BusyError.
    """
    for _ in range(TRIES):
        page = await _admitted(connection, context, shown)
        if page is None:
            return False
        web_key = f"{page.facts.id}:choose:{setting}:{value}:{key}"
        if await answers.find_web_write(connection, page.facts.study_id, web_key):
            return True
        if value not in options(page, setting):
            raise ChoiceRefusedError
        document = _decide(page, setting, value) | {"web_key": web_key}
        try:
            await preferences.record_choice(
                connection, page.facts.study_id, page.facts.id, page.facts.revision, document
            )
        except (StaleRevisionError, DuplicateError):
            continue
        return True
    raise BusyError


async def stop_texts(
    connection: Connection, context: ServiceContext, shown: str, *, key: str
) -> bool:
    """Send no more texts to the participant's number: what "stop" by text means.

    False if the cookie leads nowhere. Raises NoLineError, BusyError.
    """
    for _ in range(TRIES):
        page = await _admitted(connection, context, shown)
        if page is None:
            return False
        facts = page.facts
        web_key = f"{facts.id}:stop:{key}"
        if await answers.find_web_write(connection, facts.study_id, web_key):
            return True
        document = await opt_out_document(
            connection, context, facts, _actor(facts), "said so on the page"
        )
        try:
            async with transaction(connection) as lent:
                await preferences.record_choice(
                    lent,
                    facts.study_id,
                    facts.id,
                    facts.revision,
                    _nothing() | {"web_key": web_key},
                )
                guard = Guard(facts.study_id, facts.id, facts.revision + 1)
                await lines.opt_out_line(lent, guard, document)
        except (StaleRevisionError, DuplicateError):
            continue
        return True
    raise BusyError


async def _admitted(connection: Connection, context: ServiceContext, shown: str) -> OwnPage | None:
    page = await open_own_page(connection, context, shown)
    return page if page is not None and page.admission.admits(page.protocol) else None


def _decide(page: OwnPage, setting: Setting, value: str) -> dict[str, Any]:
    """What a choice writes."""
    facts, document = page.facts, _nothing()
    if setting == "pause":
        until = facts.now if value == END_PAUSE else resumes_at(facts, int(value))
        document["statuses"] = _pause(facts, None if value == END_PAUSE else until)
        document["moved"] = _moved(page.protocol, facts, facts.nudge_at, until)
        return document
    hour = time.fromisoformat(value) if setting == "time" else facts.nudge_at
    document["preferences"] = [
        {
            "id": new_id(),
            "language": value if setting == "language" else facts.language,
            "channel": value if setting == "way" else facts.channel,
            "nudge_at": hour,
            "larger_text": value == "larger" if setting == "letters" else facts.larger_text,
            "actor": _actor(facts),
            "reason": REASON,
        }
    ]
    if setting == "time":
        paused_until = page.paused_until
        local = zone(facts.zone)
        starts_at = facts.now if paused_until is None else day_start(paused_until, local)
        document["moved"] = _moved(page.protocol, facts, hour, starts_at)
    return document


def _pause(facts: ParticipantFacts, until: datetime | None) -> list[dict[str, Any]]:
    """The status of a pause and the one that follows it; without `until`, only that one, now."""
    # The status a pause came after, or was dated to be followed by.
    others = [one.status for one in facts.statuses if one.status in _MAY_PAUSE]
    after = others[-1] if others else Status.active
    dated = [(after, facts.now)] if until is None else [(Status.paused, facts.now), (after, until)]
    return [
        {
            "id": new_id(),
            "status": status,
            "effective_at": at,
            "actor": _actor(facts),
            "reason": REASON,
        }
        for status, at in dated
    ]


def _moved(
    protocol: Protocol, facts: ParticipantFacts, hour: time | None, starts_at: datetime
) -> list[dict[str, Any]]:
    """Every nudge that waits, under the hour chosen and not before `starts_at`."""
    planned = (
        plan_anew(visit, protocol, zone(facts.zone), hour, starts_at) for visit in facts.visits
    )
    return [{"id": one[0], "due_at": one[1]} for one in planned if one is not None]


def _hours(messaging: Messaging) -> Sequence[time]:
    """The half hours outside quiet hours, and the protocol's own hour."""
    possible = {
        one
        for one in (*_HALF_HOURS, messaging.nudge_at)
        if not is_quiet(one, messaging.quiet_from, messaging.quiet_until)
    }
    return sorted(possible)


def _nothing() -> dict[str, Any]:
    return {"preferences": [], "statuses": [], "moved": []}


def _actor(facts: ParticipantFacts) -> str:
    return f"participant:{facts.code}"
