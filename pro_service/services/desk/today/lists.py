"""What a member of staff must do now: calls, alerts, texts to read, numbers nobody reaches.

Read in the desk's transaction (`at_desk`), so that row-level security decides what is listed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.calls import ABOUT_ALERTS
from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import may_pause
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.reachability import Unreached, out_of_reach
from pro_service.domain.study.reaching.steps import kinds_at
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import open_note
from pro_service.services.desk.today.begun import BegunVisits, tell_apart
from pro_service.store.connection import Connection
from pro_service.store.desk import clerk, deaths, joining, second, today
from pro_service.store.desk import desk as store
from pro_service.store.desk.deaths import DeathReported
from pro_service.store.desk.desk import (
    DeskSite,
    HeldNumber,
    OpenAlert,
    OpenCall,
    TextToRead,
    UncertainMessage,
)
from pro_service.store.desk.joining import NotJoined
from pro_service.store.desk.second import PaperToDo
from pro_service.store.desk.today import Tried
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError, WrappedKey

MOST_OF_A_LIST: Final = 50
"""Rows of one list of the first page; the number of all of them stands above it."""
MOST_JUDGED: Final = 100
"""So many of those who may be out of reach are looked at first; a digest looks at all."""
ALL_JUDGED: Final = 2**31 - 1
_PARTED: Final = frozenset(one for one in Status if not may_pause(one))
"""Statuses of which nobody is out of reach, whatever else is known of them."""


class ReadText(NamedTuple):
    """A text to read, opened; None if its key is not to be had here."""

    row: TextToRead
    body: str | None


class UnreachedParticipant(NamedTuple):
    """Somebody who cannot be reached, why and since when."""

    code: str
    site_id: UUID
    why: Unreached
    since: datetime


class ToDo(NamedTuple):
    """What must be done now."""

    calls: Sequence[OpenCall]
    alerts: Sequence[OpenAlert]
    texts: Sequence[ReadText]
    held: Sequence[tuple[HeldNumber, str | None]]
    """Each with what staff said of it, opened, if it was staff who said it."""
    uncertain: Sequence[UncertainMessage]
    unreached: Sequence[UnreachedParticipant]
    """The longest out of reach first."""
    unreached_more: bool
    """Whether there may be more of them than were looked at."""
    not_joined: Sequence[NotJoined]
    """Who agreed to texts and has neither proven a number nor answered by one, newest first."""
    deaths: Sequence[DeathReported]
    """Whose death was reported and has no day yet, the longest waiting first."""
    begun: BegunVisits
    """Answered and not sent, and answered in part, while their windows are open."""
    papers: Sequence[PaperToDo]
    """Paper to type a second time, and paper of which differences are to be settled."""
    tried: Mapping[UUID, Tried]
    """What was tried at the visits that are named."""
    protocols: Mapping[UUID, Protocol]
    """Of those who are named, for the labels of their visits."""
    here: frozenset[str]
    """The codes of those listed who are now at a site of the reader's."""


async def list_sites(connection: Connection, study_id: UUID) -> list[DeskSite]:
    """The sites of whoever is at the desk."""
    return await store.list_desk_sites(connection, study_id)


async def list_to_do(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    versions_there_are: Mapping[UUID, Protocol],
    *,
    judged: int = MOST_JUDGED,
) -> ToDo:
    """Calls, alerts, texts in words, held numbers, messages of unknown fate.

    Of those who may be out of reach so many are judged, each for dozens of pages of the database.
    """
    texts = await _read_texts(connection, context, study_id)
    calls = await store.list_open_calls(connection, study_id, MOST_OF_A_LIST)
    alerts = await store.list_open_alerts(connection, study_id, MOST_OF_A_LIST)
    called = {one.visit_id for one in calls if one.visit_id is not None}
    begun = await today.list_begun(connection, study_id, MOST_OF_A_LIST)
    papers: Sequence[PaperToDo] = ()
    if any(one.types_twice for one in versions_there_are.values()):
        papers = await second.list_papers(connection, study_id, None, MOST_OF_A_LIST)
    versions = {
        one.protocol_version_id for listed in (calls, alerts, begun, papers) for one in listed
    }
    uncertain = await store.list_uncertain_messages(connection, study_id, MOST_OF_A_LIST)
    codes = {one.code for listed in (calls, alerts, uncertain) for one in listed}
    codes.update(code for text in texts for code in text.row.codes)
    unreached, more = await _list_unreached(connection, context, study_id, judged)
    return ToDo(
        calls=calls,
        alerts=alerts,
        texts=texts,
        held=[
            (one, None if one.note is None else open_note(context.keys.vault, one.note))
            for one in await store.list_held_numbers(connection, study_id, MOST_OF_A_LIST)
        ],
        uncertain=uncertain,
        unreached=unreached,
        unreached_more=more,
        not_joined=await joining.list_not_joined(connection, study_id, MOST_OF_A_LIST),
        deaths=await deaths.list_deaths_reported(connection, study_id, MOST_OF_A_LIST),
        begun=tell_apart(begun, context.catalogue.instruments),
        papers=papers,
        tried=await today.list_tried(
            connection, study_id, called | {one.visit_id for one in begun}
        ),
        protocols={
            one: await context.reader.protocol(connection, study_id, one) for one in versions
        },
        here=await _list_present(connection, study_id, codes),
    )


def count_to_do(to_do: ToDo) -> dict[str, int]:
    """How many there are of each, also where the list shows only the first of them.

    A call that an alert asks for stands under it, and is counted there.
    """
    alarmed = {one.code for one in to_do.alerts}
    under = sum(one.reason in ABOUT_ALERTS and one.code in alarmed for one in to_do.calls)
    return {
        "alerts": to_do.alerts[0].total if to_do.alerts else 0,
        "calls": to_do.calls[0].total - under if to_do.calls else 0,
        "texts": to_do.texts[0].row.total if to_do.texts else 0,
        "unreached": len(to_do.unreached),
        "deaths": to_do.deaths[0].total if to_do.deaths else 0,
        "not_joined": to_do.not_joined[0].total if to_do.not_joined else 0,
        **to_do.begun.totals,
        "differences": next((one.total for one in to_do.papers if one.kind == "to_settle"), 0),
        "second": next((one.total for one in to_do.papers if one.kind == "to_type"), 0),
        "uncertain": to_do.uncertain[0].total if to_do.uncertain else 0,
        "held": to_do.held[0][0].total if to_do.held else 0,
    }


async def list_texts(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> tuple[list[ReadText], frozenset[str]]:
    """Texts to read, and which of those they are from are now at a site of the reader's."""
    texts = await _read_texts(connection, context, study_id)
    codes = {code for text in texts for code in text.row.codes}
    return texts, await _list_present(connection, study_id, codes)


async def _read_texts(
    connection: Connection, context: ServiceContext, study_id: UUID
) -> list[ReadText]:
    rows = await store.list_texts_to_read(connection, study_id, MOST_OF_A_LIST)
    return [ReadText(row, _open_text(context, row)) for row in rows]


async def _list_present(
    connection: Connection, study_id: UUID, codes: Collection[str]
) -> frozenset[str]:
    return await clerk.list_present_codes(connection, study_id, codes) if codes else frozenset()


async def _list_unreached(
    connection: Connection, context: ServiceContext, study_id: UUID, most: int
) -> tuple[list[UnreachedParticipant], bool]:
    """Those out of reach among the first who may be, and whether there may be more.

    Where too few of them are to fill the list, the next are looked at as well.
    """
    rows = await store.list_unreached(connection, study_id, _PARTED, most)
    found = []
    for row in rows:
        protocol = await context.reader.protocol(connection, study_id, row.protocol_version_id)
        written = kinds_at(protocol, "standard", 1)
        one = out_of_reach(row.facts, protocol.calls.silent_visits, written)
        if one is not None:
            found.append(UnreachedParticipant(row.code, row.site_id, one.why, one.since))
    more = len(rows) == most
    if more and len(found) < MOST_OF_A_LIST:
        return await _list_unreached(connection, context, study_id, 4 * most)
    return sorted(found, key=lambda one: (one.since, one.code)), more


def _open_text(context: ServiceContext, row: TextToRead) -> str | None:
    if row.key_id is None or row.wrapped is None or row.wrapping_key is None:
        return None
    context.keys.vault.admit(WrappedKey(row.key_id, row.wrapped, row.wrapping_key))
    return open_body(context, row.id, row.body_sealed, row.body_key)


def open_body(context: ServiceContext, inbound_id: UUID, sealed: bytes, key: str) -> str | None:
    """The words of a text; None where its key is another site's or no longer there."""
    try:
        return context.keys.vault.unseal(
            sealed, key=key, table="inbounds", column="body", row_id=inbound_id
        )
    except (DataKeyMissingError, SealBrokenError):
        return None
