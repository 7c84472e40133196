"""A program comes in: its key leads to a seat, for the length of one request.

It is the seat of any member of staff, so the same permissions, row-level security and blinding
decide. Nobody is there who could prove anew who they are: whatever asks for that is refused.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.domain.programs.scopes import Scope, allowed_by
from pro_service.services.desk.seat import Place, Seat
from pro_service.services.study import key_sha256
from pro_service.store.api.keys import KeyUse, use_api_key
from pro_service.store.desk.sessions import Assignment, SessionRow

_LONGEST_KEY: Final = 100
_KNOWN: Final = frozenset(map(str, Scope))
_NEVER: Final = timedelta.max
"""How long ago a program proved who it is: it never did."""


class KeyRefusedError(ProServiceError):
    """This key is not known, or holds no more."""


class KeySpentError(ProServiceError):
    """This key has been used as often as it may in this minute."""

    def __init__(self, wait: timedelta) -> None:
        """Keep how long until it may be used again."""
        super().__init__(mend="Try again after the seconds of Retry-After.")
        self.wait = wait


class Program(NamedTuple):
    """A program that is in: its seat, and what its key may be used for."""

    seat: Seat
    scopes: frozenset[Scope]


async def enter_program(pool: asyncpg.Pool, key: str) -> Program:
    """Whose this key is; the use counts. Raises KeyRefusedError, KeySpentError."""
    used = await use_api_key(pool, key_sha256(key)) if 0 < len(key) <= _LONGEST_KEY else None
    if used is None:
        raise KeyRefusedError(mend="pro-service api-key list says which keys hold.")
    if used.wait is not None:
        raise KeySpentError(used.wait)
    # A scope of a later release that this one does not know lets nothing through.
    scopes = frozenset(Scope(one) for one in _KNOWN.intersection(used.scopes))
    return Program(_seat(used, key, scopes), scopes)


def _seat(used: KeyUse, key: str, scopes: frozenset[Scope]) -> Seat:
    assignments = tuple(Assignment(site_id=one.site_id, role=one.role) for one in used.assignments)
    row = SessionRow(
        person_id=used.person_id,
        person_login=used.person_login,
        language="en",
        studies=1,
        study_id=used.study_id,
        study=used.study,
        study_name=used.study_name,
        staff_id=used.staff_id,
        login=used.login,
        assignments=assignments,
        proved_ago=_NEVER,
        has_factor=False,
        factor_proved=False,
        held_roles=frozenset(one.role for one in assignments),
    )
    place = Place(used.study_id, used.staff_id, used.login, assignments, allowed_by(scopes))
    return Seat(row=row, token=key, staff=place)
