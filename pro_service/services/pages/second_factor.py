"""The second factor: what the pages ask for, beside link or card, before anything is shown.

A year of birth is soon guessed, so the tries are few, counted by participant and in the database.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from datetime import timedelta
from typing import Final

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.identities import open_identity
from pro_service.services.pages.entrance import Guest, begin_try, session_sha256
from pro_service.store.connection import Connection
from pro_service.store.pages import entrance as store

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
    await check_year(connection, context, guest.facts, typed)
    await store.mark_factor_given(connection, session_sha256(cookie))


async def knows_year(connection: Connection, facts: ParticipantFacts) -> bool:
    """Whether the year of birth of a participant is known, so that it can be asked for."""
    known = await store.find_identity(connection, facts.study_id, facts.id, "year_of_birth")
    return known is not None


async def check_year(
    connection: Connection, context: ServiceContext, facts: ParticipantFacts, typed: str
) -> None:
    """Compare a typed year of birth with the one that is known, as one of few tries.

    Raises what `give_year` raises.
    """
    year = unicodedata.normalize("NFKC", typed).strip().removesuffix("年")
    if not _YEAR.fullmatch(year):
        raise FactorUnreadableError
    number = await begin_try(
        connection,
        "factor",
        f"{facts.study_id}:{facts.id}",
        per_source=TRIES_A_PARTICIPANT,
        overall=TRIES_OVERALL,
        within=TRIES_WITHIN,
    )
    known = await store.find_identity(connection, facts.study_id, facts.id, "year_of_birth")
    if known is None or not hmac.compare_digest(open_identity(context, known), year):
        raise FactorRefusedError
    await store.forget_entry_try(connection, number)
