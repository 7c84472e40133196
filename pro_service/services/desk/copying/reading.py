"""What a copy of one participant's record is made from: one snapshot, as one member of staff.

Row-level security decides what is in it, as on the participant's page (rule R6): who may not see
answers gets a copy without any. That it was taken stands in the record before anything leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.permissions import Action, Role
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.signing import Verified, verify_signatures
from pro_service.services.desk.seat import Place, Seat, at_desk
from pro_service.services.desk.timeline import Timeline, derive_timeline, read_timeline
from pro_service.store.base import operations
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.connection import Connection
from pro_service.store.desk.corrections import CorrectionSeen, list_corrections_seen
from pro_service.store.desk.sessions import Assignment
from pro_service.store.record import copies as store
from pro_service.store.record.copies import EntryCopied, ProtocolCopied, SittingCopied
from pro_service.store.record.signatures import list_signatures


class UnknownStaffError(ProServiceError):
    """The study has no such member of staff now."""


class CopyFacts(NamedTuple):
    """Everything a copy says; what is not seen by who takes it is not in it."""

    timeline: Timeline
    protocol: ProtocolCopied
    sittings: Sequence[SittingCopied]
    corrections: Sequence[CorrectionSeen]
    entries: Sequence[EntryCopied]
    """Of the audit, without a value."""
    signatures: Sequence[Verified]
    """Whether each stands, as it was when the copy was taken."""
    kind: str | None
    """Whether these are real participants."""
    taken_by: str
    """The login of who takes it."""


async def find_place_of_staff(connection: Connection, study_id: UUID, login: str) -> Place:
    """In whose place a command looks: a member of the study, by login. Raises UnknownStaffError."""
    held = await store.list_staff_places(connection, study_id, login)
    if not held:
        raise UnknownStaffError(
            f"The study has no member of staff {login} now.",
            mend="Name one by login: pro-service staff list.",
        )
    roles = {(one.site_id, one.role) for one in held if one.site_id and one.role}
    assignments = tuple([Assignment(site_id=site, role=Role(role)) for site, role in roles])
    return Place(study_id, held[0].staff_id, held[0].login, assignments)


class CopyPools(NamedTuple):
    """What a copy is read by: as the desk sees it; whether signatures stand the clerk computes, who
    sees all."""

    desk: asyncpg.Pool
    clerk: asyncpg.Pool


async def read_copy(
    pools: CopyPools,
    context: ServiceContext,
    staff: Seat | Place,
    code: str,
    typed_by: str | None = None,
) -> CopyFacts:
    """One participant's record, and that it was taken is kept.

    `typed_by` is who typed the command that takes it for this member of staff; None: they did it
    themselves. Raises NotHereError, NotAllowedError.
    """
    place = staff.staff if isinstance(staff, Seat) else staff
    study_id = place.study_id
    async with at_desk(pools.desk, staff, one_snapshot=True) as connection:
        facts = await read_timeline(connection, context, study_id, code)
        document = facts.document
        site_id = next((one.site_id for one in document.placings if one.valid_to is None), None)
        place.demand(Action.copy_record, site_id)
        whose = (connection, study_id, document.id)
        protocol = await store.get_protocol_copied(connection, document.protocol_version_id)
        sittings = await store.list_sittings_copied(*whose)
        corrections = await list_corrections_seen(*whose)
        entries = await store.list_audit_copied(*whose)
        made = await list_signatures(*whose, document.now)
        kind = await operations.get_database_kind(connection)
    rows = len(document.visits) + len(document.answers) + len(document.scores) + len(entries)
    narrowed_by = f"code={code}" if typed_by is None else f"code={code}&typed_by={typed_by}"
    signatures = await verify_signatures(pools.clerk, study_id, made, document.now)
    async with at_desk(pools.desk, staff) as connection:
        await insert_data_out(connection, study_id, TakenOut("record", narrowed_by, rows))
    read = (protocol, sittings, corrections, entries, signatures, kind, place.login)
    return CopyFacts(derive_timeline(context, facts), *read)
