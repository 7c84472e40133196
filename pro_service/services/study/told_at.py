"""Where staff are told of urgent matters (R10): an e-mail address, and a telephone beside it.

Both are sealed like a participant's number. Links to accounts and digests go by e-mail alone.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import PhoneError, parse_phone
from pro_service.services.study.sites import UnknownNameError
from pro_service.services.study.staff import find_known
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.study import people, studies
from pro_service.store.study.people import AddressKind, AddressRow
from pro_service.vault.places import STAFF_ADDRESS

_ADDRESS: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
LONGEST: Final = 254


class ToldAt(NamedTuple):
    """Where somebody is told now, and in which language."""

    address: str
    """An e-mail address, or a number in E.164."""
    language: Language


class AddressError(ProServiceError):
    """This is no e-mail address."""


class NumberError(ProServiceError):
    """This is no telephone number."""


async def tell_at(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    login: str,
    email: str | None,
    actor: str,
) -> str:
    """Say where somebody is told from now on; None: no more. Returns their login.

    Raises AddressError, UnknownNameError, UnclearNameError.
    """
    given = None if email is None else check_address(email)
    return await _record(connection, context, study_id, login, _Given("email", given, actor))


async def text_at(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    *,
    login: str,
    phone: str | None,
    actor: str,
) -> str:
    """Say on which telephone somebody is told as well from now on; None: on none any more.

    A number is read as the country of the study's sites writes it, where they share one. Returns
    their login. Raises NumberError, UnknownNameError, UnclearNameError.
    """
    countries = {site.country for site in await studies.list_sites(connection, study_id)}
    shared = countries.pop() if len(countries) == 1 else None
    try:
        given = None if phone is None else parse_phone(phone, shared)
    except PhoneError as error:
        mend = f"Write it with its country code: {error.example}."
        raise NumberError(mend=mend) from None
    return await _record(connection, context, study_id, login, _Given("phone", given, actor))


class _Given(NamedTuple):
    """An address as it was given, by whom; None: no more."""

    kind: AddressKind
    address: str | None
    actor: str


async def _record(
    connection: Connection, context: ServiceContext, study_id: UUID, login: str, given: _Given
) -> str:
    person = await find_known(connection, login, study_id)
    row = AddressRow(new_id(), person.id, given.kind, None, None, given.actor)
    if given.address is not None:
        key = await context.keys.study_key(connection, study_id)
        sealed = STAFF_ADDRESS.seal(context.keys.vault, given.address, data_key=key, row_id=row.id)
        row = row._replace(address_sealed=sealed.ciphertext, address_key=sealed.key)
    if not await people.record_staff_address(connection, study_id, row):
        raise UnknownNameError(
            f"{person.login} is no member of this study.", mend="See pro-service staff list."
        )
    return person.login


def check_address(email: str) -> str:
    """An e-mail address without blanks around it. Raises AddressError."""
    given = email.strip()
    if len(given) > LONGEST or not _ADDRESS.fullmatch(given):
        raise AddressError(mend="Write it as name@hospital.example.")
    return given


async def list_told_at(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    kind: AddressKind = "email",
) -> dict[UUID, ToldAt]:
    """Where each member of the staff who can be told is, by their id.

    Raises SealBrokenError, DataKeyMissingError.
    """
    rows = await people.list_staff_told_at(connection, study_id, kind)
    if not rows:
        return {}
    await context.keys.study_key(connection, study_id)
    vault = context.keys.vault
    return {
        one.staff_id: ToldAt(
            STAFF_ADDRESS.open(vault, one.address_sealed, key=one.address_key, row_id=one.id),
            one.language,
        )
        for one in rows
    }
