"""What staff pages read and write, under row-level security: nothing here filters by site."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.contacts import ContactRelation, WhyNot
from pro_service.domain.record import Record
from pro_service.domain.study.facts import EventKind
from pro_service.domain.study.reaching.reachability import ReachFacts
from pro_service.store.connection import Connection, Guard, Looking
from pro_service.store.notes import NoteRow, NoteSeen
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/desk")


class DeskSite(NamedTuple):
    """A site of the signed-in member of staff."""

    id: UUID
    code: str
    name: str
    zone: str
    country: str


class ContactLine(Record):
    """Somebody a participant is reached by, without the address."""

    id: UUID
    ordinal: int
    kind: Kind
    relation: ContactRelation
    may_be_texted: bool
    may_be_told: bool
    agreed_on: date | None
    silence: WhyNot | None
    """What keeps texts from the address, whoever agreed."""


_CONTACTS: Final = TypeAdapter(tuple[ContactLine, ...])


def contact_lines(document: str) -> tuple[ContactLine, ...]:
    """Contacts as a statement gives them, in the order they are tried."""
    return _CONTACTS.validate_json(document)


class OpenCall(NamedTuple):
    """A call to make. `owed` lists instrument and target of what is not answered yet."""

    id: UUID
    code: str
    protocol_version_id: UUID
    language: str
    zone: str
    site_id: UUID
    reason: str
    created_at: datetime
    closes_at: datetime | None
    visit_id: UUID | None
    definition: str | None
    occurrence: int | None
    owed: list[dict[str, str]]
    contacts: tuple[ContactLine, ...]
    """Whom one may ring, in order."""
    total: int


class OpenAlert(NamedTuple):
    """An alert that is not closed."""

    id: UUID
    code: str
    protocol_version_id: UUID
    zone: str
    site_id: UUID
    rule: str
    severity: str
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str | None
    stands: UUID | None
    """The assessment of it that stands, if there is any, and..."""
    verdict: str | None
    """...what it says, its reference, when it was given and by whom."""
    reference: str | None
    assessed_at: datetime | None
    assessed_by: str | None
    by_text: bool
    """Whether words of a text raised it, and no answer."""
    uncertain_who: bool
    """Whether nobody knows which of those who use the telephone wrote that text."""
    answered_at: datetime | None
    """When the answer was given that a correction changed, which raised this late; None: it is not
    late."""
    instrument: str | None
    target: str | None
    definition: str | None
    occurrence: int | None
    held_until: datetime | None
    """Until when nobody else is told of it, and..."""
    held_by: str | None
    """...who took it so."""
    told: Mapping[str, str] | None
    """Who was told of it last (`login`) and when (`at`), by a letter that a server has taken."""
    total: int


class TextToRead(NamedTuple):
    """A text in words, sealed, with the wrapped key that opens it if it may be opened here."""

    id: UUID
    codes: list[str]
    site_id: UUID
    body_sealed: bytes
    body_key: str
    media_count: int
    urgent: bool
    """Whether it names a sign of harm: such texts are listed first."""
    received_at: datetime
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None
    comes_back_to: str | None
    """Who of the staff had written last on its line; None: the service had."""
    total: int


class HeldNumber(NamedTuple):
    """A participant whose number asked for no more texts."""

    id: UUID
    code: str
    site_id: UUID
    started_at: datetime
    reason: str
    actor: str
    note: NoteSeen | None
    """The words the reason refers to, if staff gave it and they may be read from here."""
    total: int


class UnreachedRow(NamedTuple):
    """A participant who may be out of reach, with what tells whether they are."""

    id: UUID
    code: str
    protocol_version_id: UUID
    site_id: UUID
    facts: ReachFacts


class UncertainMessage(NamedTuple):
    """A message of which nobody knows whether it went out."""

    id: UUID
    code: str
    site_id: UUID
    template: str
    state: str
    state_reason: str | None
    at: datetime
    total: int


class Progress(NamedTuple):
    """How far the sitting that stands has come; what was answered is not in it."""

    assessment_id: UUID
    begun: bool
    answered: bool
    settled: int
    """Of what was not sent: how many items are answered or left open on purpose, and not all so."""
    scorable: bool
    sent_at: datetime | None
    """When the assessment was sent in; None as well where what was sent late was passed over."""


async def enter_desk(connection: Connection, who: Looking, reason: str) -> None:
    """Say for the present transaction who acts, and why."""
    await connection.execute(_SQL["enter_desk"], *who, reason)


async def enter_desk_with_note(
    connection: Connection, guard: Guard, note: NoteRow, who: Looking
) -> None:
    """The same where a participant is written about, with the note that says why."""
    query = _SQL["enter_desk_with_note"]
    await connection.execute(query, *who, guard.study_id, guard.participant_id, *note)


async def list_desk_sites(connection: Connection, study_id: UUID) -> list[DeskSite]:
    """The sites seen from here, by code."""
    rows = await connection.fetch(_SQL["list_desk_sites"], study_id)
    return [row_of(DeskSite, row) for row in rows]


async def list_open_calls(connection: Connection, study_id: UUID, most: int) -> list[OpenCall]:
    """Open call tasks, the most pressing first."""
    rows = await connection.fetch(_SQL["list_open_calls"], study_id, most)
    return [row_of(OpenCall, row, contacts=contact_lines(row["contacts"])) for row in rows]


async def list_open_alerts(connection: Connection, study_id: UUID, most: int) -> list[OpenAlert]:
    """Alerts that are not closed, urgent and unseen first."""
    rows = await connection.fetch(_SQL["list_open_alerts"], study_id, most)
    return [row_of(OpenAlert, row) for row in rows]


async def list_texts_to_read(connection: Connection, study_id: UUID, most: int) -> list[TextToRead]:
    """Texts that need reading, oldest first."""
    rows = await connection.fetch(_SQL["list_texts_to_read"], study_id, most)
    return [row_of(TextToRead, row) for row in rows]


async def list_held_numbers(connection: Connection, study_id: UUID, most: int) -> list[HeldNumber]:
    """Participants whose number is opted out, the latest first."""
    rows = await connection.fetch(_SQL["list_held_numbers"], study_id, most)
    return [_held_number(dict(row)) for row in rows]


def _held_number(row: dict[str, Any]) -> HeldNumber:
    sealed = {name: row.pop(name) for name in NoteSeen._fields if name != "id"}
    note_id = row.pop("note_id")
    note = None if note_id is None else NoteSeen(id=note_id, **sealed)
    return row_of(HeldNumber, row, note=note)


async def list_unreached(
    connection: Connection, study_id: UUID, parted: Collection[str], most: int
) -> list[UnreachedRow]:
    """The first who may be out of reach, longest so first; none whose status is one of `parted`."""
    rows = await connection.fetch(_SQL["list_unreached"], study_id, sorted(parted), most)
    return [_unreached_row(dict(row)) for row in rows]


def _unreached_row(row: dict[str, Any]) -> UnreachedRow:
    who = {name: row.pop(name) for name in UnreachedRow._fields if name != "facts"}
    died_at = row.pop("died_at")
    death = {"id": who["id"], "kind": EventKind.death, "occurred_at": died_at}
    read = row | {"events": [] if died_at is None else [death]}
    return UnreachedRow(**who, facts=ReachFacts.model_validate(read))


async def list_uncertain_messages(
    connection: Connection, study_id: UUID, most: int
) -> list[UncertainMessage]:
    """Messages that may or may not have gone out, newest first."""
    rows = await connection.fetch(_SQL["list_uncertain_messages"], study_id, most)
    return [row_of(UncertainMessage, row) for row in rows]


async def list_progress(
    connection: Connection, study_id: UUID, participants: Sequence[UUID]
) -> dict[UUID, Progress]:
    """How far each assessment has come."""
    rows = await connection.fetch(_SQL["list_progress"], study_id, list(participants))
    return {row["assessment_id"]: row_of(Progress, row) for row in rows}


async def deal_with_message(
    connection: Connection, study_id: UUID, message_id: UUID, actor: str, note: str
) -> bool:
    """Say what was done about an unconfirmed text; False if none here waits for that."""
    return await _found(connection, "deal_with_message", study_id, message_id, actor, note)


async def find_dealt_message(
    connection: Connection, study_id: UUID, message_id: UUID
) -> str | None:
    """Who has dealt with that text before; None: nobody."""
    found: str | None = await connection.fetchval(_SQL["find_dealt_message"], study_id, message_id)
    return found


async def _found(connection: Connection, query: str, *parameters: Any) -> bool:
    return await connection.fetchval(_SQL[query], *parameters) is not None
