"""Data queries as they are shown: at one participant, and as the room's lists by state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.querying.data_queries import QueryState, may_follow
from pro_service.domain.study.times import zone
from pro_service.services.base.notes import noted_in, open_note
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.timeline import Timeline
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.store.connection import Connection
from pro_service.store.desk.desk import DeskSite
from pro_service.store.record import data_queries as store
from pro_service.store.record.allocations import (
    LatestUnblinding,
    Unblinding,
    list_unblindings,
)
from pro_service.store.record.data_queries import QueryCounts, QuerySeen, SourceMark
from pro_service.store.record.words import list_notes
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.queries import STEPS
from pro_service.web.desk.person.sheets import page_of
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS

MOST_LISTED: Final = 100


async def show_queries(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/record/queries`: data queries of a state, the oldest first."""
    context, study_id = request.app[CONTEXT], seat.study_id
    wanted = request.query.get("state", "")
    state = QueryState(wanted) if wanted in QueryState.__members__ else QueryState.open
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        frame = await read_frame(connection, study_id)
        sites = {one.id: one for one in await list_sites(connection, study_id)}
        rows = await store.list_first_queries(connection, study_id, state, MOST_LISTED)
        counts = await store.count_queries(connection, study_id)
        named = [
            note for one in rows for note in (noted_in(one.said), noted_in(one.last_said)) if note
        ]
        notes = await list_notes(connection, study_id, named) if named else []
        protocols = {
            one: await context.reader.protocol(connection, study_id, one)
            for one in {row.protocol_version_id for row in rows}
        }
    said = {one.id: open_note(context.keys.vault, one) for one in notes}
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "queries.html",
        request,
        seat,
        frame=frame,
        state=state,
        states=[
            (one, words.text(f"query.state_{one}"), counts._asdict().get(one)) for one in QueryState
        ],
        rows=[
            query_values(
                words,
                one,
                protocols[one.protocol_version_id],
                said,
                zone("UTC" if one.site_id not in sites else sites[one.site_id].zone),
                seat,
            )
            for one in rows
        ],
        total=rows[0].total if rows else 0,
    )


def query_values(
    words: Words,
    one: QuerySeen,
    protocol: Protocol,
    said: Mapping[UUID, str | None],
    local: ZoneInfo,
    seat: Seat,
) -> dict[str, Any]:
    """One data query, with the forms this seat may send about it now."""

    def spoken(text: str | None) -> str | None:
        note = noted_in(text)
        return None if note is None else words.noted(said.get(note))

    return {
        "id": one.id,
        "code": one.code,
        "about": _about(words, one, protocol),
        "rule": None if one.rule is None else words.word("query_rule", one.rule),
        "words": spoken(one.said),
        "raised": words.text(
            "query.raised",
            # Who was at work when a rule found it asked nothing.
            who=words.who(one.actor) if one.rule is None else words.text("query.a_rule"),
            at=words.instant(one.recorded_at, local),
        ),
        "state": one.state,
        "state_word": words.text(f"query.state_{one.state}"),
        "last": spoken(one.last_said),
        "last_by": None
        if one.last_at is None
        else words.text(
            "query.by", who=words.who(one.last_by), at=words.instant(one.last_at, local)
        ),
        "forms": [
            {
                "address": f"{page_of(one.code)}/{sheet.name}?query={one.id}",
                "words": words.text(f"sheet.{sheet.word}.open"),
            }
            for step, sheet in STEPS.items()
            if may_follow(one.state, step) and seat.may(sheet.action, one.site_id)
        ],
    }


def _about(words: Words, one: QuerySeen, protocol: Protocol) -> str:
    if one.definition is None:
        return words.text("query.whole")
    visit = words.visit(protocol, one.definition, one.occurrence)
    if one.instrument is None or one.target is None:
        return visit
    title = words.asked(one.instrument, one.target)
    about = words.text("query.part", visit=visit, title=title)
    if one.item is None:
        return about
    return f"{about} · {words.question(one.instrument, one.item)}"


class OfOne(NamedTuple):
    """Data queries, marks and unblindings of one participant, as they are seen from the desk."""

    queries: Sequence[QuerySeen]
    marks: Sequence[SourceMark]
    unblindings: Sequence[Unblinding]


async def read_of_one(connection: Connection, study_id: UUID, participant_id: UUID) -> OfOne:
    """Within the desk's transaction, for row-level security decides."""
    return OfOne(
        await store.list_queries_of_one(connection, study_id, participant_id),
        await store.list_source_marks(connection, study_id, participant_id),
        await list_unblindings(connection, study_id, participant_id),
    )


def of_one_values(words: Words, timeline: Timeline, found: OfOne, seat: Seat) -> dict[str, Any]:
    """All of them as the participant's page shows them."""
    local, protocol = zone(timeline.site.zone), timeline.protocol
    visits = {one.id: one for one in timeline.document.visits}
    begun = [
        one
        for one in timeline.document.visits
        if one.superseded_at is None and one.opens_at <= timeline.document.now
    ]
    return {
        "queries_shown": [
            query_values(words, one, protocol, timeline.words, local, seat) for one in found.queries
        ],
        "marks": [
            {
                "visit": words.visit(
                    protocol, visits[one.visit_id].definition, visits[one.visit_id].occurrence
                ),
                "holds": one.holds,
                "word": words.text("mark.holds" if one.holds else "mark.void"),
                "said": words.text(
                    "query.by", who=words.who(one.actor), at=words.instant(one.recorded_at, local)
                ),
            }
            for one in found.marks
            if one.visit_id in visits
        ],
        "unblindings": [
            words.text(
                "unblind.seen",
                who=words.who(one.actor),
                at=words.instant(one.recorded_at, local),
            )
            for one in found.unblindings
        ],
        "marked": sum(one.holds for one in found.marks),
        "visits_begun": len(begun),
    }


def waiting_words(words: Words, seat: Seat, counts: QueryCounts) -> list[dict[str, str]]:
    """How many data queries wait for whoever is at the desk, with where they are listed."""
    waits = (
        (QueryState.open, Action.answer_query, counts.open),
        (QueryState.answered, Action.close_query, counts.answered),
    )
    return [
        {
            "words": words.text(f"query.waiting_{state}", count=count),
            "address": f"/desk/record/queries?state={state}",
        }
        for state, action, count in waits
        if count and seat.may_anywhere(action)
    ]


def unblinded_words(
    words: Words, sites: Sequence[DeskSite], found: Sequence[LatestUnblinding]
) -> list[dict[str, str]]:
    """That somebody was unblinded lately, each with their code: never what was shown."""
    local = zone(sites[0].zone if sites else "UTC")
    return [
        {
            "code": one.code,
            "words": words.text(
                "unblind.seen",
                who=words.who(one.actor),
                at=words.instant(one.recorded_at, local),
            ),
        }
        for one in found
    ]
