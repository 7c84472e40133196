"""The rows of an enrolment file: every mistake is said before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.tables.codes import TakenCodes
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting import indexes_of
from pro_service.services.visits.enrolment_cells import (
    COLUMNS,
    OPTIONAL_COLUMNS,
    EnrolmentRefusedError,
    EnrolmentRow,
    RowProblem,
    RowRules,
    SiteRules,
    check_row,
    implausible,
)
from pro_service.store.base import operations, participants
from pro_service.store.connection import Connection
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteRow
from pro_service.store.texting import sending
from pro_service.store.texting.numbers import NumberUser, list_users_of_numbers

__all__ = [
    "COLUMNS",
    "OPTIONAL_COLUMNS",
    "CheckedRows",
    "EnrolmentRefusedError",
    "EnrolmentRow",
    "EnrolmentSite",
    "Fence",
    "RowProblem",
    "SharedNumber",
    "check_rows",
    "list_enrolment_sites",
]
ANOTHERS: Final = "somebody at another site"
"""What is said of a participant who is not for who enrols to know."""
UNSEEN: Final = "case, width, leading zeros or what stands between; one is a slip"


class EnrolmentSite(NamedTuple):
    """A site of the study, and the protocol version it enrols under now."""

    row: SiteRow
    version_id: UUID | None


class SharedNumber(NamedTuple):
    """Somebody new whose number others use: whose codes they have."""

    row: int
    code: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class CheckedRows:
    """Rows without a mistake, and the sites they name: what the check read is not read again."""

    study_id: UUID
    rows: tuple[EnrolmentRow, ...]
    sites: Mapping[str, EnrolmentSite]
    now: datetime
    """Study time of the check."""
    reason: str | None = None
    """Why days are right that would else be refused."""
    shared: tuple[SharedNumber, ...] = ()
    personal_codes: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict)
    """What those who are enrolled already say they are by, by their number's keyed hash."""


class Fence(NamedTuple):
    """Where somebody may enrol, and whose codes they may read: the rest of the study is hidden."""

    sites: frozenset[str]
    codes: frozenset[str]

    def named(self, code: str) -> str:
        """A code as it may be said."""
        return code if code in self.codes else ANOTHERS


async def check_rows(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    table: Sequence[tuple[int, Mapping[str, str]]],
    *,
    reason: str | None = None,
    fence: Fence | None = None,
) -> CheckedRows:
    """Check every row before anything is written.

    `reason` says why days are right that are refused without one, such as an injection planned for
    a day that has passed; `fence` what is not for who enrols, None: they may know the whole study.
    Raises EnrolmentRefusedError with all mistakes.
    """
    named = {cells.get("site", "").strip() for _, cells in table}
    sites = await list_enrolment_sites(connection, study_id, named)
    if fence is not None:
        sites = {code: site for code, site in sites.items() if code in fence.sites}
    now = await operations.get_study_time(connection)
    senders = await sending.list_senders(connection, study_id)
    rules = RowRules(
        await _rules_of(connection, context, study_id, sites),
        now,
        frozenset(one.address for one in senders),
    )
    known = await participants.list_codes(connection, study_id)
    rows: list[EnrolmentRow] = []
    problems: list[RowProblem] = []
    for number, cells in table:
        row, found = check_row(number, cells, rules)
        problems += found
        if row is not None:
            rows.append(row)
            if row.code not in known:
                problems += implausible(row, now, reason=reason is not None)
    problems += _confusable(rows, known, fence)
    if problems:
        raise EnrolmentRefusedError(sorted(problems, key=lambda one: one.row))
    users = await _users(connection, context, study_id, rows)
    return CheckedRows(
        study_id,
        tuple(rows),
        sites,
        now,
        reason,
        _shared(context, rows, known, users, fence),
        {index: tuple(one.personal_code for one in each) for index, each in users.items()},
    )


def _confusable(
    rows: Iterable[EnrolmentRow], known: Collection[str], fence: Fence | None
) -> list[RowProblem]:
    """Codes that stand twice, or differ from another only in what people do not see."""
    problems: list[RowProblem] = []
    taken, in_file = TakenCodes(known), TakenCodes()
    rows_of: dict[str, int] = {}
    for row in rows:
        before, stored = in_file.alike(row.code), taken.alike(row.code)
        if row.code in rows_of:
            why, other = "twice", str(rows_of[row.code])
            message = f"stands in row {other} already."
        elif before is not None and not (row.code in known and before in known):
            why, other = "alike", before
            message = f"differs from {other} in row {rows_of[before]} only in {UNSEEN}."
        elif stored is not None and row.code not in known:
            why, other = "alike", stored if fence is None else fence.named(stored)
            message = f"differs from {other}, who is enrolled, only in {UNSEEN}."
        else:
            in_file.take(row.code)
            rows_of[row.code] = row.number
            continue
        problems.append(RowProblem(row.number, "code", message, why, other))
    return problems


async def _users(
    connection: Connection, context: ServiceContext, study_id: UUID, rows: Sequence[EnrolmentRow]
) -> dict[bytes, list[NumberUser]]:
    """Who uses each of the file's numbers now, by its keyed hash."""
    indexes = {index for row in rows for index in indexes_of(context, row.phone)}
    users: dict[bytes, list[NumberUser]] = {}
    for user in await list_users_of_numbers(connection, study_id, sorted(indexes)):
        users.setdefault(user.blind_index, []).append(user)
    return users


def _shared(
    context: ServiceContext,
    rows: Sequence[EnrolmentRow],
    known: Collection[str],
    users: Mapping[bytes, Sequence[NumberUser]],
    fence: Fence | None,
) -> tuple[SharedNumber, ...]:
    """Everybody new whose number is another's: of those enrolled, or of the file."""
    together: dict[str, list[str]] = {}
    for row in rows:
        together.setdefault(row.phone, []).append(row.code)
    shared = []
    for row in rows:
        if row.code in known:
            continue
        enrolled = [
            user.code if fence is None else fence.named(user.code)
            for index in indexes_of(context, row.phone)
            for user in users.get(index, ())
            if not user.restricted
        ]
        others = dict.fromkeys([*enrolled, *together[row.phone]])
        others.pop(row.code, None)
        if others:
            shared.append(SharedNumber(row.number, row.code, tuple(others)))
    return tuple(shared)


async def list_enrolment_sites(
    connection: Connection, study_id: UUID, named: Collection[str]
) -> dict[str, EnrolmentSite]:
    """The study's sites by code; the protocol version is read for those that are named."""
    return {
        site.code: EnrolmentSite(
            site,
            await studies.find_site_protocol(connection, study_id, site.id)
            if site.code in named
            else None,
        )
        for site in await studies.list_sites(connection, study_id)
    }


async def _rules_of(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    sites: Mapping[str, EnrolmentSite],
) -> dict[str, SiteRules]:
    """What each site asks of its rows, by the protocol it enrols under."""
    rules: dict[str, SiteRules] = {}
    for code, site in sites.items():
        rules[code] = SiteRules(site.row.country, site.row.zone)
        if site.version_id is not None:
            protocol = await context.reader.protocol(connection, study_id, site.version_id)
            rules[code] = SiteRules(
                site.row.country,
                site.row.zone,
                protocol.study.second_factor == "year_of_birth",
                protocol.study.code_pattern,
            )
    return rules
