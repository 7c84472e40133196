"""Enrolling participants from rows that were all checked first: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import phone as as_address
from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, Status
from pro_service.domain.study.times import local_instant, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.identities import known_year, seal_year
from pro_service.services.base.keys import UnknownStudyError
from pro_service.services.base.turns import Who
from pro_service.services.cards import free_code, new_card
from pro_service.services.texting import indexes_of
from pro_service.services.visits.enrolment_rows import (
    CheckedRows,
    EnrolmentRefusedError,
    EnrolmentRow,
    EnrolmentSite,
    RowProblem,
)
from pro_service.services.visits.scheduling import News, apply_change
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import EnrolledRow
from pro_service.store.texting.numbers import list_codes_of_number
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import (
    ConsentRow,
    ContactRow,
    DataKeyRow,
    EnrolmentWrite,
    FirstStatusRow,
    NewParticipantRow,
    PlacingRow,
)
from pro_service.vault import places


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
    progress: Callable[[], None] = lambda: None,
) -> EnrolmentOutcome:
    """Enrol checked rows on a connection of the operator, in one transaction.

    A code enrolled already with the same values is left as it is; with other values, nobody is
    enrolled. Raises EnrolmentRefusedError.
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
    async with transaction(connection) as connection:
        for row in fresh:
            who = Who(connection, context, study_id, new_id())
            await _enrol_one(who, row, checked.sites[row.site], actor)
            progress()
    return EnrolmentOutcome(len(fresh), len(rows) - len(fresh))


def _differences(context: ServiceContext, row: EnrolmentRow, known: EnrolledRow) -> list[str]:
    """Columns in which a row differs from what the participant was enrolled with."""
    indexes = set(indexes_of(context, row.phone))
    same = {
        "site": row.site == known.site,
        "phone": known.blind_index in indexes,
        "language": row.language == known.language,
        "zone": row.zone == known.zone,
        "channel": row.channel == known.channel,
        "consent_version": row.consent_version == known.consent_version,
        "consent_on": row.consent_on == known.consent_on,
        "messaging_consent": row.messaging_consent == known.messaging_consent,
        "treated_knees": row.treated_knees == known.treated_knees,
        "planned_injection_on": row.planned_injection_on == known.planned_injection_on,
        "year_of_birth": row.year_of_birth in (None, known_year(context, known)),
    }
    return [column for column, equal in same.items() if not equal]


async def _enrol_one(who: Who, row: EnrolmentRow, site: EnrolmentSite, actor: str) -> None:
    connection, context, study_id, participant_id = who
    if site.version_id is None:
        raise UnknownStudyError("The study has no protocol.", mend="Load it first.")
    indexes = indexes_of(context, row.phone)
    beside = await list_codes_of_number(connection, study_id, indexes)
    key = context.keys.vault.new_data_key()
    document = EnrolmentWrite(
        participant=NewParticipantRow(
            id=participant_id,
            code=row.code,
            personal_code=await free_code(connection, beside),
            protocol_version_id=site.version_id,
            language=row.language,
            zone=row.zone,
            channel=row.channel,
            treated_knees=row.treated_knees,
            actor=actor,
        ),
        placing=PlacingRow(id=new_id(), site_id=site.row.id),
        data_key=DataKeyRow(id=key.id, wrapped=key.wrapped, wrapping_key=key.wrapping_key),
        contacts=[_contact(context, row.phone, key.id)],
        consent=ConsentRow(
            id=new_id(),
            version=row.consent_version,
            signed_on=row.consent_on,
            messages=row.messaging_consent,
        ),
        status=FirstStatusRow(id=new_id(), status=Status.screened),
        cards=[new_card(context)],
        identities=seal_year(context, row.year_of_birth, key.id),
    )
    await schedule.insert_participant(connection, study_id, document)
    await apply_change(who, News(actor, "enrolled", events=tuple(_first_events(row))))


def _contact(context: ServiceContext, phone: str, data_key: UUID) -> ContactRow:
    """The number as it is stored: sealed, and found by a keyed hash."""
    contact_id = new_id()
    sealed = places.NUMBER.seal(context.keys.vault, phone, data_key=data_key, row_id=contact_id)
    return ContactRow(
        id=contact_id,
        address_sealed=sealed.ciphertext,
        address_key=sealed.key,
        blind_index=context.keys.vault.blind_index(as_address(phone)),
        index_key=context.keys.vault.index_key_id,
    )


def _first_events(row: EnrolmentRow) -> list[NewEvent]:
    """Consent, given at the start of its day, and the injection where it is planned."""
    signed_at = local_instant(row.consent_on, time(0), zone(row.zone))
    events = [NewEvent(EventKind.consent, occurred_at=signed_at)]
    if row.planned_injection_on is not None:
        events.append(NewEvent(EventKind.injection, planned_on=row.planned_injection_on))
    return events
