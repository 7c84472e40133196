"""The one pass: streams of one snapshot, merged participant by participant.

How many statements run does not depend on how many participants there are, nor does what is in
memory: a piece of each stream, and one participant.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Self
from uuid import UUID

import asyncpg

from pro_service.services.base.context import ServiceContext
from pro_service.services.base.signing import Asked, Verified, content_of, verify_signatures
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows import (
    ParticipantData,
    Reading,
    Snapshot,
    answer_rows,
    data_query_rows,
    own_event_rows,
    signature_rows,
)
from pro_service.store.exports import export as store
from pro_service.store.exports.export import (
    ExportedAnswer,
    ExportedAssessment,
    ExportedDataQuery,
    ExportedOwnEvent,
    ExportedParticipant,
    ExportedScore,
    Whose,
)
from pro_service.store.record import signatures
from pro_service.store.record.signatures import Signature, SignedPerson
from pro_service.store.streams import Stream


class Sources(NamedTuple):
    """The streams an export reads, all in the order of the same participants."""

    participants: Stream[ExportedParticipant]
    assessments: Stream[ExportedAssessment]
    answers: Stream[ExportedAnswer]
    scores: Stream[ExportedScore]
    own_events: Stream[ExportedOwnEvent]
    data_queries: Stream[ExportedDataQuery]
    signatures: Stream[Signature]
    signed_people: Stream[SignedPerson]

    @classmethod
    async def open(cls, connection: asyncpg.Connection[asyncpg.Record], whose: Whose) -> Self:
        """Begin every statement, inside one snapshot."""
        return cls(
            await store.stream_exported_participants(connection, whose),
            await store.stream_exported_assessments(connection, whose),
            await store.stream_exported_answers(connection, whose),
            await store.stream_exported_scores(connection, whose),
            await store.stream_exported_own_events(connection, whose),
            await store.stream_exported_data_queries(connection, whose),
            await signatures.stream_signatures(connection, *whose),
            await signatures.stream_signed_people(connection, *whose[:2]),
        )


class Merging:
    """Reads one participant after another, and makes their rows."""

    def __init__(
        self,
        connection: asyncpg.Connection[asyncpg.Record],
        context: ServiceContext,
        snapshot: Snapshot,
        whose: Whose,
        sources: Sources,
    ) -> None:
        """Over streams that nobody else reads."""
        self._connection, self._context = connection, context
        self._snapshot, self._whose, self._sources = snapshot, whose, sources
        self.participant_ids = whose.participant_ids
        """Whose rows are made, in this order."""

    @classmethod
    async def begin(
        cls,
        connection: asyncpg.Connection[asyncpg.Record],
        context: ServiceContext,
        snapshot: Snapshot,
        study_id: UUID,
        sites: Collection[str] | None,
    ) -> Self:
        """Begin to read, inside one snapshot: of the participants at some sites, or (None) all."""
        known = await store.list_participants_to_export(connection, study_id, snapshot.as_of)
        ids = [one.id for one in known if sites is None or one.site in sites]
        whose = Whose(study_id, ids, snapshot.as_of)
        return cls(connection, context, snapshot, whose, await Sources.open(connection, whose))

    async def rows_of(self, participant_id: UUID) -> list[tuple[str, list[Row]]]:
        """The rows of the next participant of the order, by table."""
        sources = self._sources
        (one,) = await sources.participants.of(participant_id)
        asked = Asked(
            await sources.assessments.of(participant_id),
            await sources.answers.of(participant_id),
            await sources.scores.of(participant_id),
        )
        protocol = await self._context.reader.protocol(
            self._connection, self._whose.study_id, one.protocol_version_id
        )
        reading = Reading(self._snapshot, ParticipantData(one, protocol, *asked))
        answers = answer_rows(reading)
        person = reading.person
        happened = await sources.own_events.of(participant_id)
        queries = await sources.data_queries.of(participant_id)
        verified = await self._verified(participant_id, asked)
        return [
            ("scores", answers.scores),
            ("items", answers.items),
            ("endpoints", answers.endpoints),
            ("own_events", list(own_event_rows(person, protocol, happened))),
            ("data_queries", list(data_query_rows(person, queries))),
            ("signatures", list(signature_rows(person, verified))),
        ]

    async def _verified(self, participant_id: UUID, asked: Asked) -> Sequence[Verified]:
        """Their signatures, compared with what was read already."""
        made = await self._sources.signatures.of(participant_id)
        people = await self._sources.signed_people.of(participant_id)
        if not made:
            return []
        study_id, as_of = self._whose.study_id, self._whose.as_of
        content = content_of(people[0], asked, as_of)
        return await verify_signatures(self._connection, study_id, made, as_of, content=content)
