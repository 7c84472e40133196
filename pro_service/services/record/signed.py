"""Every signature of a study, or of one participant, computed again."""

from __future__ import annotations

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
    now = await operations.get_study_time(connection)
    people = await store.list_signed_participants(connection, study_id, now)
    if code is not None:
        wanted = await participants.find_participant(connection, study_id, code)
        if wanted is None:
            raise UnknownParticipantError(f"There is no participant {code}.")
        people = [wanted]
    checked = []
    for participant_id in people:
        person = await store.get_signed_person(connection, study_id, participant_id)
        if person is None:
            raise UnknownParticipantError
        made = await store.list_signatures(connection, study_id, participant_id, now)
        verified = await verify_signatures(connection, study_id, made, now)
        checked += [SignedCheck(person.code, one) for one in verified]
    return checked
