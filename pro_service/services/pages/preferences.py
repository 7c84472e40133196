"""What participants choose on their own page: hour, way, language, letters, a pause, no texts.

Each choice is one guarded write with the idempotency key of its form. It is kept as a row of its
own, and the nudges that wait follow it in the same write.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Final, Literal, get_args

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import (
    may_pause,
    plan_pause,
    plan_resumption,
    resumes_at,
    waiting_nudges,
)
from pro_service.domain.study.protocol import Messaging
from pro_service.domain.study.times import day_start, is_quiet, zone
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.own_forms import OwnForm, Write, guard_of, keyed, once
from pro_service.services.pages.own_page import OwnPage
from pro_service.services.texting import another_way, moved_rows, opt_out_document, pause_write
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.pages import preferences
from pro_service.store.pages.preferences import ChoiceWrite
from pro_service.store.texting import lines
from pro_service.store.writes import PreferenceRow

Setting = Literal["time", "way", "language", "letters", "pause"]
SETTINGS: Final[tuple[Setting, ...]] = get_args(Setting)
PAUSES: Final = (7, 14, 28)
"""How many days a pause may last."""
END_PAUSE: Final = "end"
REASON: Final = "chosen on the participant's page"
_HALF_HOURS: Final = tuple(time(half // 2, half % 2 * 30) for half in range(48))


class ChoiceRefusedError(ProServiceError):
    """This cannot be chosen."""


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
    days = tuple(str(days) for days in PAUSES) if may_pause(page.status) else ()
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

    async def plan(page: OwnPage, web_key: str) -> Write:
        if value not in options(page, setting):
            raise ChoiceRefusedError
        document = _choice(page, setting, value, web_key)
        return lambda: preferences.record_choice(connection, guard_of(page), document)

    return await once(OwnForm(connection, context, shown, f"choose:{setting}:{value}", key), plan)


async def stop_texts(
    connection: Connection, context: ServiceContext, shown: str, *, key: str
) -> bool:
    """Send no more texts to the participant's number: what "stop" by text means.

    False if the cookie leads nowhere. Raises NoLineError, BusyError.
    """

    async def plan(page: OwnPage, web_key: str) -> Write:
        facts = page.facts
        document = await opt_out_document(
            connection, context, facts, participant_actor(facts), "said so on the page"
        )
        document.calls += another_way((facts.id, *document.affected), participant_actor(facts))

        async def opted_out(lent: Connection, guard: Guard) -> None:
            await lines.opt_out_line(lent, guard, document)

        return keyed(form, page, web_key, opted_out)

    form = OwnForm(connection, context, shown, "stop", key)
    return await once(form, plan)


def _choice(page: OwnPage, setting: Setting, value: str, web_key: str) -> ChoiceWrite:
    """What a choice writes."""
    facts, actor = page.facts, participant_actor(page.facts)
    if setting == "pause":
        if value == END_PAUSE:
            plan = plan_resumption(facts, page.protocol)
        else:
            plan = plan_pause(facts, page.protocol, resumes_at(facts, int(value)))
        return pause_write(plan, web_key, actor=actor, reason=REASON)
    hour = time.fromisoformat(value) if setting == "time" else facts.nudge_at
    document = ChoiceWrite(web_key=web_key)
    document.preferences.append(
        PreferenceRow(
            id=new_id(),
            language=value if setting == "language" else facts.language,
            channel=value if setting == "way" else facts.channel,
            nudge_at=hour,
            larger_text=value == "larger" if setting == "letters" else facts.larger_text,
            actor=actor,
            reason=REASON,
        )
    )
    if setting == "time":
        until = page.paused_until
        starts_at = facts.now if until is None else day_start(until, zone(facts.zone))
        document.moved += moved_rows(waiting_nudges(facts, page.protocol, hour, starts_at))
    return document


def _hours(messaging: Messaging) -> Sequence[time]:
    """The half hours outside quiet hours, and the protocol's own hour."""
    possible = {
        one
        for one in (*_HALF_HOURS, messaging.nudge_at)
        if not is_quiet(one, messaging.quiet_from, messaging.quiet_until)
    }
    return sorted(possible)
