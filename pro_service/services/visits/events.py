"""Events and statuses recorded, with all that follows from them, whoever records them."""

from __future__ import annotations

from dataclasses import replace

from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.services.base.turns import Who
from pro_service.services.visits.scheduling import Change, News, apply_change, plan_change


async def preview_event(
    who: Who, facts: ParticipantFacts, event: NewEvent, *, actor: str
) -> Change:
    """What recording an event would do to these facts; nothing is written.

    Raises EventRefusedError.
    """
    version_id = facts.protocol_version_id
    protocol = await who.context.reader.protocol(who.connection, who.study_id, version_id)
    news = News(actor, None, (event,))
    return await plan_change(who.connection, facts, protocol, news)


async def record_event(
    who: Who, event: NewEvent, *, actor: str, reason: str, of_staff: bool = True
) -> Change:
    """Record an event with the status and the schedule that follow from it.

    The reason is in words of staff, and sealed, or (`of_staff` False) a word of the program.
    Raises EventRefusedError, KeyGoneError, BusyError.
    """
    return await _apply(who, News(actor, None, (event,)), reason, of_staff=of_staff)


async def record_status(
    who: Who,
    status: Status,
    *,
    actor: str,
    reason: str,
    of_staff: bool = True,
    by_investigator: bool = True,
) -> Change:
    """Record a status from now on, with the schedule it leads to.

    `of_staff` as for an event; `by_investigator` False where somebody else says it, who may record
    no withdrawal and lift none. Raises StatusRefusedError, KeyGoneError, BusyError.
    """
    news = News(actor, None, statuses=(status,), by_investigator=by_investigator)
    return await _apply(who, news, reason, of_staff=of_staff)


async def _apply(who: Who, news: News, reason: str, *, of_staff: bool) -> Change:
    if of_staff:
        return await apply_change(who, news, words=reason)
    return await apply_change(who, replace(news, reason=reason))
