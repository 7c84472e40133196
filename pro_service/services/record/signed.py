"""Every signature of a study, or of one participant, computed again."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.base.signing import Verified, verify_signatures
from pro_service.store.base import operations, participants
from pro_service.store.connection import Connection
from pro_service.store.record import signatures as store


class SignedCheck(NamedTuple):
    """A signature that was looked at, and of whom it is."""

    code: str
    verified: Verified


async def check_signatures(
    connection: Connection, study_id: UUID, code: str | None
) -> list[SignedCheck]:
    """Whether signatures stand now: all of a study, or those of one participant.

    Raises UnknownParticipantError.
    """
    wanted: UUID | None = None
    if code is not None:
        wanted = await participants.find_participant(connection, study_id, code)
        if wanted is None:
            raise UnknownParticipantError(f"There is no participant {code}.")
    now = await operations.get_study_time(connection)
    found = await store.list_signatures(connection, study_id, wanted, now)
    checked = []
    for participant_id, theirs in groupby(found, key=lambda one: one.participant_id):
        person = await store.get_signed_person(connection, study_id, participant_id)
        if person is None:
            raise UnknownParticipantError
        for one in await verify_signatures(connection, study_id, list(theirs), now):
            checked.append(SignedCheck(person.code, one))
    return checked
