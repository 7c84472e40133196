"""The rows of an enrolment file: every mistake is said before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.domain.study.facts import KNEES, Target
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import PhoneError, parse_phone
from pro_service.store.base import operations
from pro_service.store.connection import Connection
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteRow

COLUMNS = (
    "code",
    "site",
    "phone",
    "language",
    "zone",
    "channel",
    "consent_version",
    "consent_on",
    "messaging_consent",
    "treated_knees",
    "planned_injection_on",
)
OPTIONAL_COLUMNS = ("year_of_birth",)
"""Columns a file may have: what the pages ask for where the protocol wants a second factor."""
EARLIEST_BIRTH = 1900
CHANNELS: dict[str, Literal["text", "link"]] = {"text": "text", "sms": "text", "link": "link"}
YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
TREATED: Final[Mapping[str, tuple[Target, ...]]] = {
    **{word: (knee,) for knee in KNEES for word in (knee.removesuffix("_knee"), knee)},
    "both": KNEES,
}
"""What a file may say of the treated knees."""


class RowProblem(NamedTuple):
    """One thing wrong with the file: where, what, and what to do about it."""

    row: int
    column: str
    message: str


class EnrolmentRefusedError(ProServiceError):
    """The file has mistakes; nobody was enrolled."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        """Keep every problem."""
        super().__init__()
        self.problems = tuple(problems)


@dataclass(frozen=True)
class EnrolmentRow:
    """One checked row. `phone` is E.164."""

    number: int
    code: str
    site: str
    phone: str
    language: Language
    zone: str
    channel: Literal["text", "link"]
    consent_version: str
    consent_on: date
    messaging_consent: bool
    treated_knees: tuple[Target, ...]
    planned_injection_on: date | None
    year_of_birth: str | None = field(default=None, repr=False)


class EnrolmentSite(NamedTuple):
    """A site of the study, and the protocol version it enrols under now."""

    row: SiteRow
    version_id: UUID | None


@dataclass(frozen=True)
class CheckedRows:
    """Rows without a mistake, and the sites they name: what the check read is not read again."""

    study_id: UUID
    rows: tuple[EnrolmentRow, ...]
    sites: Mapping[str, EnrolmentSite]


class _Problems:
    """Collects what is wrong with one row."""

    def __init__(self, row: int, cells: Mapping[str, str]) -> None:
        self.row, self.cells = row, cells
        self.found: list[RowProblem] = []

    def add(self, column: str, message: str) -> None:
        self.found.append(RowProblem(self.row, column, message))

    def text(self, column: str) -> str:
        value = self.cells.get(column, "").strip()
        if not value:
            self.add(column, "is empty; give a value.")
        return value

    def choice(self, column: str, choices: Mapping[str, Any]) -> Any:
        value = self.text(column)
        if value and value.lower() not in choices:
            self.add(column, f"is not one of {', '.join(choices)}.")
        return choices.get(value.lower())

    def day(self, column: str, *, optional: bool = False) -> date | None:
        if optional and not self.cells.get(column, "").strip():
            return None
        value = self.text(column)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.add(column, "is not a day; write it as YYYY-MM-DD.")
            return None

    def year(self, column: str, latest: int, *, needed: bool) -> str | None:
        value = self.cells.get(column, "").strip()
        if not value:
            if needed:
                self.add(column, "is empty; the study asks for it before its pages open.")
            return None
        known = value.isascii() and value.isdigit() and EARLIEST_BIRTH <= int(value) <= latest
        if not known:
            self.add(column, "is not a year of birth; write it with four digits.")
        return value


def check_row(
    number: int,
    cells: Mapping[str, str],
    sites: Iterable[str],
    now: datetime,
    *,
    ask_year: Collection[str] = (),
) -> tuple[EnrolmentRow | None, list[RowProblem]]:
    """Check one row of the file (`number` as a spreadsheet shows it); every mistake at once.

    `ask_year` are the sites whose protocol asks for the year of birth as a second factor.
    `now` is study time; whether consent lies in the future is judged by the participant's own day.
    """
    problems = _Problems(number, cells)
    code, site, zone_name = problems.text("code"), problems.text("site"), problems.text("zone")
    if site and site not in set(sites):
        problems.add("site", f"is not a site of the study; known: {', '.join(sorted(sites))}.")
    today = now.date()
    if zone_name:
        try:
            today = local_day(now, zone(zone_name))
        except ProServiceError:
            problems.add("zone", "is not a time zone; use a name such as Asia/Shanghai.")
    phone = problems.text("phone")
    try:
        phone = parse_phone(phone) if phone else phone
    except PhoneError as error:
        problems.add("phone", str(error))
    language = problems.choice("language", {name.lower(): name for name in LANGUAGES})
    channel = problems.choice("channel", CHANNELS)
    version, consent_on = problems.text("consent_version"), problems.day("consent_on")
    if consent_on is not None and consent_on > today:
        problems.add("consent_on", "lies in the future; consent comes before enrolment.")
    agreed = problems.choice("messaging_consent", YES_NO)
    knees = problems.choice("treated_knees", TREATED)
    planned_on = problems.day("planned_injection_on", optional=True)
    year = problems.year("year_of_birth", today.year, needed=site in ask_year)
    if problems.found or consent_on is None:
        return None, problems.found
    row = EnrolmentRow(
        number=number,
        code=code,
        site=site,
        phone=phone,
        language=language,
        zone=zone_name,
        channel=channel,
        consent_version=version,
        consent_on=consent_on,
        messaging_consent=agreed,
        treated_knees=knees,
        planned_injection_on=planned_on,
        year_of_birth=year,
    )
    return row, []


async def check_rows(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    table: Sequence[tuple[int, Mapping[str, str]]],
) -> CheckedRows:
    """Check every row before anything is written.

    Raises EnrolmentRefusedError with all mistakes.
    """
    named = {cells.get("site", "").strip() for _, cells in table}
    sites = await list_enrolment_sites(connection, study_id, named)
    ask_year = await _asking_year(connection, context, study_id, sites)
    now = await operations.get_study_time(connection)
    rows: list[EnrolmentRow] = []
    problems: list[RowProblem] = []
    seen: dict[str, int] = {}
    for number, cells in table:
        row, found = check_row(number, cells, sites, now, ask_year=ask_year)
        problems += found
        if row is None:
            continue
        if row.code in seen:
            problems.append(RowProblem(number, "code", f"stands in row {seen[row.code]} already."))
        seen.setdefault(row.code, number)
        rows.append(row)
    if problems:
        raise EnrolmentRefusedError(problems)
    return CheckedRows(study_id, tuple(rows), sites)


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


async def _asking_year(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    sites: Mapping[str, EnrolmentSite],
) -> frozenset[str]:
    """Codes of the sites that enrol under a protocol with a second factor."""
    asking: set[str] = set()
    for code, site in sites.items():
        if site.version_id is None:
            continue
        protocol = await context.protocol(connection, study_id, site.version_id)
        if protocol.study.second_factor == "year_of_birth":
            asking.add(code)
    return frozenset(asking)
