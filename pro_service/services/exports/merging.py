"""The one pass: streams of one snapshot, merged participant by participant.

How many statements run does not depend on how many participants there are, nor does what is in
memory: a piece of each stream, and one participant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

import asyncpg

from pro_service.catalog.endpoint_files import load_endpoint_rules
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.reader import PlanInForce
from pro_service.services.base.signing import Asked, Verified, content_of, verify_signatures
from pro_service.services.exports.columns import FREE_TEXT, Block, Row
from pro_service.services.exports.rows import (
    ParticipantData,
    Reading,
    Snapshot,
    adherence_rows,
    alert_rows,
    answer_rows,
    call_rows,
    consent_rows,
    correction_rows,
    data_query_rows,
    event_rows,
    history_rows,
    measure_records,
    measure_rows,
    message_rows,
    own_event_rows,
    participant_row,
    score_records,
    signature_rows,
    sitting_rows,
    status_rows,
    visit_rows,
    word_rows,
)
from pro_service.store.exports import export as store
from pro_service.store.exports import history, measures, people, words, work
from pro_service.store.exports.export import (
    ExportedAnswer,
    ExportedAssessment,
    ExportedDataQuery,
    ExportedOwnEvent,
    ExportedParticipant,
    ExportedScore,
    Whose,
)
from pro_service.store.exports.history import ExportedPast
from pro_service.store.exports.measures import ExportedMeasurement
from pro_service.store.exports.people import (
    ExportedConsent,
    ExportedEvent,
    ExportedRestriction,
    ExportedStatus,
    ExportedVisit,
)
from pro_service.store.exports.words import ExportedWords
from pro_service.store.exports.work import (
    ExportedAlert,
    ExportedCall,
    ExportedCorrection,
    ExportedMessage,
)
from pro_service.store.record import signatures
from pro_service.store.record.signatures import Signature, SignedPerson
from pro_service.store.streams import Ahead, Stream, ahead_on
from pro_service.store.study.studies import StudyRow

TableRows = tuple[str, Iterable[Row | Block]]
"""Rows of a table, by its name."""
Share = Callable[[Sequence[UUID]], Sequence[UUID]]
"""Whose rows are made, of everybody in the export."""


def everybody(participant_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Nothing is left to another process."""
    return participant_ids


class Sources(NamedTuple):
    """The streams an export reads, all in the order of the same participants."""

    participants: Stream[ExportedParticipant]
    assessments: Stream[ExportedAssessment]
    answers: Stream[ExportedAnswer]
    scores: Stream[ExportedScore]
    own_events: Stream[ExportedOwnEvent]
    data_queries: Stream[ExportedDataQuery]
    events: Stream[ExportedEvent]
    statuses: Stream[ExportedStatus]
    consents: Stream[ExportedConsent]
    restrictions: Stream[ExportedRestriction]
    visits: Stream[ExportedVisit]
    measurements: Stream[ExportedMeasurement]
    history: Stream[ExportedPast]
    alerts: Stream[ExportedAlert]
    calls: Stream[ExportedCall]
    messages: Stream[ExportedMessage]
    corrections: Stream[ExportedCorrection]
    signatures: Stream[Signature]
    signed_people: Stream[SignedPerson]
    words: Stream[ExportedWords] | None
    """None: nobody asked for free text, and none is read."""

    @classmethod
    async def open(cls, ahead: Ahead, whose: Whose, *, free_text: bool) -> Self:
        """Begin every statement, inside one snapshot, and to fetch what it gives."""
        async with ahead.alone() as connection:
            sources = await cls._begin(connection, whose, free_text=free_text)
        for one in sources:
            if one is not None:
                one.fetch_ahead(ahead)
        return sources

    @classmethod
    async def _begin(
        cls, connection: asyncpg.Connection[asyncpg.Record], whose: Whose, *, free_text: bool
    ) -> Self:
        place = (connection, whose)
        return cls(
            await store.stream_exported_participants(*place),
            await store.stream_exported_assessments(*place),
            await store.stream_exported_answers(*place),
            await store.stream_exported_scores(*place),
            await store.stream_exported_own_events(*place),
            await store.stream_exported_data_queries(*place),
            await people.stream_exported_events(*place),
            await people.stream_exported_statuses(*place),
            await people.stream_exported_consents(*place),
            await people.stream_exported_restrictions(*place),
            await people.stream_exported_visits(*place),
            await measures.stream_exported_measurements(*place),
            await history.stream_exported_history(*place),
            await work.stream_exported_alerts(*place),
            await work.stream_exported_calls(*place),
            await work.stream_exported_messages(*place),
            await work.stream_exported_corrections(*place),
            await signatures.stream_signatures(connection, *whose),
            await signatures.stream_signed_people(connection, *whose[:2]),
            await words.stream_exported_words(*place) if free_text else None,
        )


async def take_snapshot(
    connection: asyncpg.Connection[asyncpg.Record],
    context: ServiceContext,
    study: StudyRow,
    kind: str,
    at: datetime,
) -> tuple[Snapshot, PlanInForce | None]:
    """What every table is made from; the rules are those of the plan that held then."""
    plan = await context.reader.plan(connection, study.id, at)
    snapshot = Snapshot(
        database=kind,
        study=study.code,
        as_of=at,
        instruments=context.catalogue.instruments,
        rules=load_endpoint_rules() if plan is None else plan.plan.rules,
        measures=context.catalogue.measures,
        flagged=frozenset[str]() if plan is None else plan.plan.flagged_events,
        informed=plan is not None and plan.plan.informs,
    )
    return snapshot, plan


class Place(NamedTuple):
    """What is read, through which connection."""

    connection: asyncpg.Connection[asyncpg.Record]
    study_id: UUID
    sites: Collection[str] | None
    """Codes of sites whose participants are read; None: all."""
    tables: Collection[str]
    """The tables that are wanted."""
    without_restricted: bool
    """Whether whoever is restricted now is left out (R17)."""


class Merging:
    """Reads one participant after another, and makes their rows."""

    def __init__(
        self,
        reading: tuple[Ahead, Sources],
        context: ServiceContext,
        snapshot: Snapshot,
        whose: Whose,
        tables: Collection[str],
        restricted: Collection[UUID],
    ) -> None:
        """Over streams that nobody else reads; of the restricted no words are told."""
        self._ahead, self._sources = reading
        self._context, self._snapshot = context, snapshot
        self._whose, self._tables = whose, tables
        self._restricted = restricted
        self._protocols: dict[UUID, Protocol] = {}
        self.participant_ids = whose.participant_ids
        """Whose rows are made, in this order."""
        self.of_all = len(whose.participant_ids)
        """How many are in the export, whoever makes their rows."""

    @classmethod
    @asynccontextmanager
    async def begin(
        cls,
        place: Place,
        context: ServiceContext,
        snapshot: Snapshot,
        share: Share = everybody,
    ) -> AsyncIterator[Self]:
        """Read, inside one snapshot; afterwards its connection is free again."""
        study_id, as_of = place.study_id, snapshot.as_of
        known = await store.list_participants_to_export(place.connection, study_id, as_of)
        here = [one for one in known if place.sites is None or one.site in place.sites]
        restricted = frozenset(one.id for one in here if one.restricted)
        left_out = restricted if place.without_restricted else frozenset[UUID]()
        ids = [one.id for one in here if one.id not in left_out]
        whose = Whose(study_id, share(ids), as_of)
        free_text = FREE_TEXT in place.tables
        async with ahead_on(place.connection) as ahead:
            sources = await Sources.open(ahead, whose, free_text=free_text)
            merging = cls((ahead, sources), context, snapshot, whose, place.tables, restricted)
            merging.of_all = len(ids)
            yield merging

    async def rows_of(self, participant_id: UUID) -> list[TableRows]:
        """The rows of the next participant of the order, by table."""
        sources = self._sources
        (one,) = await sources.participants.of(participant_id)
        asked = Asked(
            await sources.assessments.of(participant_id),
            await sources.answers.of(participant_id),
            await sources.scores.of(participant_id),
        )
        protocol = await self._protocol(one.protocol_version_id)
        reading = Reading(self._snapshot, ParticipantData(one, protocol, *asked))
        return [
            *await self._of_person(reading),
            *await self._of_answers(reading),
            *await self._of_work(reading),
            *await self._of_words(reading),
            ("signatures", signature_rows(reading.person, await self._verified(one, asked))),
        ]

    async def _of_person(self, reading: Reading) -> list[TableRows]:
        """Who it is, and what happened."""
        sources, person = self._sources, reading.person
        who = person.participant.participant_id
        consents = await sources.consents.of(who)
        restrictions = await sources.restrictions.of(who)
        happened = await sources.own_events.of(who)
        return [
            ("participants", [participant_row(person, consents, restrictions)]),
            ("statuses", status_rows(person, await sources.statuses.of(who))),
            ("consents", consent_rows(person, consents)),
            ("events", event_rows(person, await sources.events.of(who))),
            ("own_events", own_event_rows(person, reading.protocol, happened)),
            ("visits", visit_rows(reading, await sources.visits.of(who))),
        ]

    async def _of_answers(self, reading: Reading) -> list[TableRows]:
        """What was answered and measured, and what follows from it."""
        answers = answer_rows(reading)
        who = reading.person.participant.participant_id
        values = await self._sources.measurements.of(who)
        past = history_rows(reading, await self._sources.history.of(who))
        # What is analysed stacks what the export has, and nothing that was left out of it.
        stacked = answers.measured if "scores" in self._tables else []
        beside = values if "measures" in self._tables else []
        return [
            ("sittings", sitting_rows(reading)),
            ("items", answers.items),
            ("scores", answers.scores),
            ("endpoints", answers.endpoints),
            ("measures", measure_rows(reading.person, values)),
            ("adpro", score_records(reading, stacked)),
            ("adpro", measure_records(reading, stacked, beside)),
            ("adherence", adherence_rows(reading)),
            ("sittings", past.sittings),
            ("items", past.items),
            ("scores", past.scores),
        ]

    async def _of_work(self, reading: Reading) -> list[TableRows]:
        """What staff were asked to do, and did."""
        sources, person = self._sources, reading.person
        who = person.participant.participant_id
        return [
            ("alerts", alert_rows(person, await sources.alerts.of(who))),
            ("calls", call_rows(person, await sources.calls.of(who))),
            ("messages", message_rows(person, await sources.messages.of(who))),
            ("data_queries", data_query_rows(person, await sources.data_queries.of(who))),
            ("corrections", correction_rows(person, await sources.corrections.of(who))),
        ]

    async def _of_words(self, reading: Reading) -> list[TableRows]:
        """What was written about them and by them, where that was asked for."""
        if self._sources.words is None:
            return []
        who = reading.person.participant.participant_id
        found = await self._sources.words.of(who)
        restricted, vault = who in self._restricted, self._context.keys.vault
        return [(FREE_TEXT, word_rows(vault, reading.person, found, restricted=restricted))]

    async def _verified(self, one: ExportedParticipant, asked: Asked) -> Sequence[Verified]:
        """Their signatures, compared with what was read already."""
        made = await self._sources.signatures.of(one.participant_id)
        signed = await self._sources.signed_people.of(one.participant_id)
        if not made:
            return []
        study_id, as_of = self._whose.study_id, self._whose.as_of
        content = content_of(signed[0], asked, as_of)
        async with self._ahead.alone() as connection:
            return await verify_signatures(connection, study_id, made, as_of, content=content)

    async def _protocol(self, version_id: UUID) -> Protocol:
        if version_id not in self._protocols:
            read, study_id = self._context.reader.protocol, self._whose.study_id
            async with self._ahead.alone() as connection:
                self._protocols[version_id] = await read(connection, study_id, version_id)
        return self._protocols[version_id]
