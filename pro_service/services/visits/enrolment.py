"""Enrolling participants from rows that were all checked first: all of them, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import phone as as_address
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import (
    EventKind,
    ParticipantFacts,
    SiteFacts,
    Status,
    StatusFacts,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_instant, zone
from pro_service.domain.tables.cells import unpadded
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.identities import known_year, seal_year
from pro_service.services.base.keys import UnknownStudyError
from pro_service.services.base.notes import seal_words
from pro_service.services.cards import free_codes, new_card
from pro_service.services.texting import indexes_of
from pro_service.services.visits.enrolment_cells import (
    EnrolmentRefusedError,
    EnrolmentRow,
    RowProblem,
    implausible,
)
from pro_service.services.visits.enrolment_rows import CheckedRows, EnrolmentSite
from pro_service.services.visits.scheduling import News, change_of
from pro_service.store.base import participants
from pro_service.store.connection import Connection, DuplicateError, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import EnrolledRow
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import (
    ConsentRow,
    ContactRow,
    DataKeyRow,
    EnrolmentWrite,
    FirstNoteRow,
    FirstStatusRow,
    NewParticipantRow,
    PlacingRow,
)
from pro_service.vault import places

CHUNK: Final = 250
"""Participants of one statement: enough that the way to the database does not count."""


class EnrolmentOutcome(NamedTuple):
    """How many were enrolled, and how many stood already exactly as the file says."""

    enrolled: int
    unchanged: int


async def enrol(
    connection: Connection,
    context: ServiceContext,
    checked: CheckedRows,
    *,
    actor: str,
    progress: Callable[[int], None] = lambda done: None,
) -> EnrolmentOutcome:
    """Enrol checked rows on a connection of the operator, in one transaction.

    `progress` hears how many more were written, once a chunk. A code enrolled already with the same
    values is left as it is; with other values, nobody is enrolled. Raises EnrolmentRefusedError.
    """
    study_id, rows = checked.study_id, checked.rows
    codes = [row.code for row in rows]
    known = {row.code: row for row in await studies.list_enrolled(connection, study_id, codes)}
    for one in rows:
        stored = known.get(one.code)
        if one.year_of_birth is not None and stored is not None and stored.year_key is not None:
            await context.keys.open_key(connection, study_id, stored.year_key)
    problems = [
        RowProblem(row.number, column, f"differs from what {row.code} was enrolled with.")
        for row in rows
        if row.code in known
        for column in _differences(context, row, known[row.code])
    ]
    if problems:
        raise EnrolmentRefusedError(problems)
    await context.keys.ensure_study_key(connection, study_id)
    fresh = [row for row in rows if row.code not in known]
    if fresh:
        desk = await _desk(connection, context, checked, actor)
        codes = await _codes_for(connection, context, checked, fresh)
        chunks = [
            list(zip(fresh[at : at + CHUNK], codes[at : at + CHUNK], strict=True))
            for at in range(0, len(fresh), CHUNK)
        ]
        async with transaction(connection) as lent:
            await _write(lent, desk, chunks, progress)
    return EnrolmentOutcome(len(fresh), len(rows) - len(fresh))


class PlannedEnrolment(NamedTuple):
    """What enrolling somebody would write: who, under which protocol, with which schedule."""

    row: EnrolmentRow
    protocol: Protocol
    facts: ParticipantFacts
    """As they would stand, before anything is known but that they are enrolled."""
    write: EnrolmentWrite


async def plan_enrolment(
    connection: Connection, context: ServiceContext, checked: CheckedRows, *, actor: str
) -> list[PlannedEnrolment]:
    """What enrolling these rows would write, all of somebody new; nothing is written.

    Raises EnrolmentRefusedError for a code that is enrolled already.
    """
    await refuse_known(connection, checked)
    desk = await _desk(connection, context, checked, actor)
    codes = await _codes_for(connection, context, checked, checked.rows)
    planned = []
    for row, code in zip(checked.rows, codes, strict=True):
        write, protocol = desk.document(row, code), desk.protocols[row.site][1]
        facts = _first_facts(checked, row, checked.sites[row.site], write.participant)
        planned.append(PlannedEnrolment(row, protocol, facts, write))
    return planned


async def refuse_known(connection: Connection, checked: CheckedRows) -> None:
    """Whoever sees not what others were enrolled with is told that they are, and no more."""
    known = await participants.list_codes(connection, checked.study_id)
    problems = [
        RowProblem(row.number, "code", f"{row.code} is enrolled already.", "enrolled")
        for row in checked.rows
        if row.code in known
    ]
    if problems:
        raise EnrolmentRefusedError(problems)


async def _write(
    connection: Connection,
    desk: _EnrolmentDesk,
    chunks: Sequence[Sequence[tuple[EnrolmentRow, str]]],
    progress: Callable[[int], None],
) -> None:
    """Write chunk after chunk; while the database works on one, the next is made ready."""
    documents = await desk.documents(chunks[0])
    for place, (chunk, following) in enumerate(zip(chunks, [*chunks[1:], ()], strict=True)):
        if place == 1:  # The first is there to be counted, and more are to come.
            await schedule.learn_sizes(connection)
        writing = asyncio.create_task(
            schedule.insert_participants(connection, desk.checked.study_id, documents)
        )
        try:
            documents = await desk.documents(following)
        finally:
            try:
                await writing
            except DuplicateError:
                number = chunk[0][0].number
                raise EnrolmentRefusedError(
                    [RowProblem(number, "code", "or a later one was enrolled meanwhile.")]
                ) from None
        progress(len(chunk))


def _differences(context: ServiceContext, row: EnrolmentRow, known: EnrolledRow) -> list[str]:
    """Columns in which a row differs from what the participant was enrolled with."""
    indexes = set(indexes_of(context, row.phone))
    same = {
        "site": row.site == known.site,
        "phone": known.blind_index in indexes,
        "language": row.language == known.language,
        "zone": row.zone == known.zone,
        "channel": row.channel == known.channel,
        # A spreadsheet makes 1 of 1.0.
        "consent_version": unpadded(row.consent_version) == unpadded(known.consent_version or ""),
        "consent_on": row.consent_on == known.consent_on,
        "messaging_consent": row.messaging_consent == known.messaging_consent,
        "cross_border_consent": row.cross_border_consent in (None, known.cross_border_consent),
        "caregiver_consent": row.caregiver_consent in (None, known.caregiver_consent),
        "treated_knees": row.treated_knees == known.treated_knees,
        "planned_injection_on": row.planned_injection_on == known.planned_injection_on,
        "year_of_birth": row.year_of_birth in (None, known_year(context, known)),
    }
    return [column for column, equal in same.items() if not equal]


async def _codes_for(
    connection: Connection,
    context: ServiceContext,
    checked: CheckedRows,
    rows: Sequence[EnrolmentRow],
) -> list[str]:
    """A personal code for each row, unlike those of others on its number."""
    beside = {index: list(codes) for index, codes in checked.personal_codes.items()}
    groups = []
    for row in rows:
        # Under whichever key the others were found: from now on they stand together.
        index, *others = indexes_of(context, row.phone)
        together = beside.setdefault(index, [])
        together += [code for one in others for code in beside.pop(one, ())]
        groups.append(together)
    return await free_codes(connection, groups)


@dataclass(frozen=True)
class _EnrolmentDesk:
    """Makes what is written of each row; it asks the database nothing."""

    context: ServiceContext
    checked: CheckedRows
    protocols: Mapping[str, tuple[UUID, Protocol]]
    """The version each site the rows name enrols under."""
    actor: str

    async def documents(self, rows: Iterable[tuple[EnrolmentRow, str]]) -> list[EnrolmentWrite]:
        """The documents of rows with their personal codes; others go on meanwhile."""
        made = []
        for row, personal_code in rows:
            made.append(self.document(row, personal_code))
            await asyncio.sleep(0)
        return made

    def document(self, row: EnrolmentRow, personal_code: str) -> EnrolmentWrite:
        """Everything that enrolling one participant writes, with the schedule that follows."""
        site = self.checked.sites[row.site]
        version_id, protocol = self.protocols[row.site]
        key = self.context.keys.vault.new_data_key()
        participant = NewParticipantRow(
            id=new_id(),
            code=row.code,
            personal_code=personal_code,
            protocol_version_id=version_id,
            language=row.language,
            zone=row.zone,
            channel=row.channel,
            treated_knees=row.treated_knees,
            actor=self.actor,
        )
        note = _note(self.context, self.checked, row, key.id)
        why = "enrolled" if note is None else f"note:{note.id}"
        news = News(self.actor, why, events=tuple(_first_events(row)))
        facts = _first_facts(self.checked, row, site, participant)
        return EnrolmentWrite(
            participant=participant,
            placing=PlacingRow(id=new_id(), site_id=site.row.id),
            data_key=DataKeyRow(id=key.id, wrapped=key.wrapped, wrapping_key=key.wrapping_key),
            contacts=[_contact(self.context, row.phone, key.id)],
            consent=ConsentRow(
                id=new_id(),
                version=row.consent_version,
                signed_on=row.consent_on,
                messages=row.messaging_consent,
                cross_border=bool(row.cross_border_consent),
                caregiver=bool(row.caregiver_consent),
            ),
            status=FirstStatusRow(id=new_id(), status=Status.screened),
            cards=[new_card(self.context)],
            identities=seal_year(self.context, row.year_of_birth, key.id),
            notes=[] if note is None else [note],
            schedule=change_of(facts, protocol, news, {}).document,
        )


async def _desk(
    connection: Connection, context: ServiceContext, checked: CheckedRows, actor: str
) -> _EnrolmentDesk:
    """Read the protocol of every site the rows name. Raises UnknownStudyError."""
    protocols = {}
    for site in {row.site for row in checked.rows}:
        version_id = checked.sites[site].version_id
        if version_id is None:
            raise UnknownStudyError("The study has no protocol.", mend="Load it first.")
        protocol = await context.reader.protocol(connection, checked.study_id, version_id)
        protocols[site] = (version_id, protocol)
    return _EnrolmentDesk(context, checked, protocols, actor)


def _note(
    context: ServiceContext, checked: CheckedRows, row: EnrolmentRow, data_key: UUID
) -> FirstNoteRow | None:
    """Why the row's days are right, sealed under its own key; None where they need no reason."""
    if checked.reason is None or not implausible(row, checked.now, reason=False):
        return None
    note = seal_words(context.keys.vault, data_key, checked.reason)
    return FirstNoteRow(id=note.id, words_sealed=note.words_sealed, words_key=note.words_key)


def _first_facts(
    checked: CheckedRows, row: EnrolmentRow, site: EnrolmentSite, who: NewParticipantRow
) -> ParticipantFacts:
    """What a schedule is made from, of somebody about whom nothing else is known yet."""
    return ParticipantFacts(
        study_id=checked.study_id,
        id=who.id,
        code=row.code,
        personal_code=who.personal_code,
        revision=1,
        now=checked.now,
        protocol_version_id=who.protocol_version_id,
        language=row.language,
        zone=row.zone,
        channel=row.channel,
        nudge_at=who.nudge_at,
        treated_knees=row.treated_knees,
        site=SiteFacts(
            id=site.row.id,
            code=site.row.code,
            zone=site.row.zone,
            telephone=site.row.telephone,
            emergency_number=site.row.emergency_number,
            country=site.row.country,
        ),
        contacts=(),
        consent=None,
        statuses=(StatusFacts(status=Status.screened, effective_at=checked.now),),
        events=(),
        visits=(),
    )


def _contact(context: ServiceContext, phone: str, data_key: UUID) -> ContactRow:
    """The number as it is stored: sealed, and found by a keyed hash."""
    contact_id = new_id()
    vault, address = context.keys.vault, as_address(phone)
    sealed = places.NUMBER.seal(vault, phone, data_key=data_key, row_id=contact_id)
    return ContactRow(
        id=contact_id,
        address_sealed=sealed.ciphertext,
        address_key=sealed.key,
        blind_index=vault.blind_index(address),
        index_key=vault.index_key_id,
        tail_index=vault.tail_index(address),
    )


def _first_events(row: EnrolmentRow) -> list[NewEvent]:
    """Consent, given at the start of its day, and the injection where it is planned."""
    signed_at = local_instant(row.consent_on, time(0), zone(row.zone))
    events = [NewEvent(EventKind.consent, occurred_at=signed_at)]
    if row.planned_injection_on is not None:
        events.append(NewEvent(EventKind.injection, planned_on=row.planned_injection_on))
    return events
