"""The second factor: what the pages ask for, beside link or card, before anything is shown.

A year of birth is soon guessed, so the tries are few, counted by participant and in the database.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.entrance import Guest, begin_try, session_sha256
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.pages import entrance as store
from pro_service.store.pages.entrance import SealedIdentity
from pro_service.store.study.studies import EnrolledRow

_TABLE: Final = "identities"
_COLUMN: Final = "value"
TRIES_A_PARTICIPANT: Final = 5
TRIES_OVERALL: Final = 500
TRIES_WITHIN: Final = timedelta(days=1)
"""Machine time."""
_YEAR: Final = re.compile(r"[12][0-9]{3}")


class FactorUnreadableError(ProServiceError):
    """What was typed is no year."""


class FactorRefusedError(ProServiceError):
    """This is not the year that is known."""


async def give_year(
    connection: Connection, context: ServiceContext, cookie: str, guest: Guest, typed: str
) -> None:
    """Let the session of a cookie in by the year of birth.

    Raises FactorUnreadableError, which is no try; TooManyTriesError; FactorRefusedError, where no
    year is known as well.
    """
    year = unicodedata.normalize("NFKC", typed).strip().removesuffix("年")
    if not _YEAR.fullmatch(year):
        raise FactorUnreadableError
    facts = guest.facts
    number = await begin_try(
        connection,
        "factor",
        f"{facts.study_id}:{facts.id}",
        per_source=TRIES_A_PARTICIPANT,
        overall=TRIES_OVERALL,
        within=TRIES_WITHIN,
    )
    known = await store.find_identity(connection, facts.study_id, facts.id, "year_of_birth")
    if known is None or not hmac.compare_digest(_open(context, known), year):
        raise FactorRefusedError
    await store.forget_entry_try(connection, number)
    await store.mark_factor_given(connection, session_sha256(cookie))


def seal_year(context: ServiceContext, year: str | None, data_key: UUID) -> list[dict[str, Any]]:
    """The row to store for a year of birth, sealed under the participant's key; none for None."""
    if year is None:
        return []
    row_id = new_id()
    sealed = context.vault.seal(
        year, data_key=data_key, table=_TABLE, column=_COLUMN, row_id=row_id
    )
    return [
        {
            "id": row_id,
            "kind": "year_of_birth",
            "value_sealed": sealed.ciphertext.hex(),
            "value_key": sealed.key,
        }
    ]


def known_year(context: ServiceContext, known: EnrolledRow) -> str | None:
    """The year a participant was enrolled with; their key must have been opened."""
    if known.year_id is None or known.year_sealed is None or known.year_key is None:
        return None
    return _open(context, SealedIdentity(known.year_id, known.year_sealed, known.year_key))


def _open(context: ServiceContext, known: SealedIdentity) -> str:
    return context.vault.unseal(
        known.value_sealed, key=known.value_key, table=_TABLE, column=_COLUMN, row_id=known.id
    )
