"""Enrolling participants from rows that were all checked first: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import LANGUAGES, Language
from pro_service.domain.study.facts import EventKind, Status, Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_day, local_instant, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.identities import known_year, seal_year
from pro_service.services.base.phones import PhoneError, parse_phone
from pro_service.services.cards import free_code, new_card
from pro_service.services.visits.scheduling import NewEvent, apply_change
from pro_service.store.base import operations
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import studies
from pro_service.store.study.studies import EnrolledRow, SiteRow
from pro_service.store.texting.numbers import list_codes_of_number
from pro_service.store.visits import schedule

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
KNEES: dict[str, tuple[Target, ...]] = {
    "left": ("left_knee",),
    "left_knee": ("left_knee",),
    "right": ("right_knee",),
    "right_knee": ("right_knee",),
    "both": ("left_knee", "right_knee"),
}


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


class EnrolmentOutcome(NamedTuple):
    """How many were enrolled, and how many stood already exactly as the file says."""

    enrolled: int
    unchanged: int


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
    knees = problems.choice("treated_knees", KNEES)
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
    connection: Connection, study_id: UUID, table: Sequence[tuple[int, Mapping[str, str]]]
) -> list[EnrolmentRow]:
    """Check every row before anything is written.

    Raises EnrolmentRefusedError with all mistakes.
    """
    rows_of_sites = await studies.list_sites(connection, study_id)
    sites = [site.code for site in rows_of_sites]
    ask_year = await _asking_year(connection, study_id, rows_of_sites)
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
    return rows


async def _asking_year(
    connection: Connection, study_id: UUID, sites: Sequence[SiteRow]
) -> frozenset[str]:
    """Codes of the sites that enrol under a protocol with a second factor."""
    asking: set[str] = set()
    for site in sites:
        version_id = await studies.find_site_protocol(connection, study_id, site.id)
        if version_id is None:
            continue
        document = await studies.get_protocol_document(connection, study_id, version_id)
        if document is None:
            continue
        protocol = Protocol.model_validate_json(document)
        if protocol.study.second_factor == "year_of_birth":
            asking.add(site.code)
    return frozenset(asking)


async def enrol(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    rows: Sequence[EnrolmentRow],
    *,
    actor: str,
    progress: Callable[[], None] = lambda: None,
) -> EnrolmentOutcome:
    """Enrol checked rows on a connection of the operator, in one transaction.

    A code enrolled already with the same values is left as it is; with other values, nobody is
    enrolled. Raises EnrolmentRefusedError.
    """
    known = {row.code: row for row in await studies.list_enrolled(connection, study_id)}
    for one in rows:
        stored = known.get(one.code)
        if one.year_of_birth is not None and stored is not None and stored.year_key is not None:
            await context.open_key(connection, study_id, stored.year_key)
    problems = [
        RowProblem(row.number, column, f"differs from what {row.code} was enrolled with.")
        for row in rows
        if row.code in known
        for column in _differences(context, row, known[row.code])
    ]
    if problems:
        raise EnrolmentRefusedError(problems)
    await context.ensure_study_key(connection, study_id)
    sites = {site.code: site for site in await studies.list_sites(connection, study_id)}
    fresh = [row for row in rows if row.code not in known]
    async with transaction(connection) as connection:
        for row in fresh:
            await _enrol_one(connection, context, study_id, row, sites[row.site], actor)
            progress()
    return EnrolmentOutcome(len(fresh), len(rows) - len(fresh))


def _differences(context: ServiceContext, row: EnrolmentRow, known: EnrolledRow) -> list[str]:
    """Columns in which a row differs from what the participant was enrolled with."""
    indexes = {index for _, index in context.vault.blind_indexes(row.phone)}
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


async def _enrol_one(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    row: EnrolmentRow,
    site: SiteRow,
    actor: str,
) -> None:
    version_id = await studies.find_site_protocol(connection, study_id, site.id)
    indexes = [index for _, index in context.vault.blind_indexes(row.phone)]
    beside = await list_codes_of_number(connection, study_id, indexes)
    participant_id = new_id()
    key = context.vault.new_data_key()
    document = {
        "participant": {
            "id": participant_id,
            "code": row.code,
            "personal_code": await free_code(connection, beside),
            "protocol_version_id": version_id,
            "language": row.language,
            "zone": row.zone,
            "channel": row.channel,
            "nudge_at": None,
            "treated_knees": row.treated_knees,
            "actor": actor,
        },
        "placing": {"id": new_id(), "site_id": site.id},
        "data_key": {
            "id": key.id,
            "wrapped": key.wrapped.hex(),
            "wrapping_key": key.wrapping_key,
        },
        "contacts": [_contact(context, row.phone, key.id)],
        "consent": {
            "id": new_id(),
            "version": row.consent_version,
            "signed_on": row.consent_on,
            "messages": row.messaging_consent,
        },
        "status": {"id": new_id(), "status": Status.screened},
        "cards": [new_card(context)],
        "identities": seal_year(context, row.year_of_birth, key.id),
    }
    await schedule.insert_participant(connection, study_id, document)
    await apply_change(
        connection,
        context,
        study_id,
        participant_id,
        events=_first_events(row),
        actor=actor,
        reason="enrolled",
    )


def _contact(context: ServiceContext, phone: str, data_key: UUID) -> dict[str, Any]:
    """The number as it is stored: sealed, and found by a keyed hash."""
    contact_id = new_id()
    sealed = context.vault.seal(
        phone, data_key=data_key, table="contact_points", column="address", row_id=contact_id
    )
    return {
        "id": contact_id,
        "address_sealed": sealed.ciphertext.hex(),
        "address_key": sealed.key,
        "blind_index": context.vault.blind_index(phone).hex(),
        "index_key": context.vault.index_key_id,
    }


def _first_events(row: EnrolmentRow) -> list[NewEvent]:
    """Consent, given at the start of its day, and the injection where it is planned."""
    signed_at = local_instant(row.consent_on, time(0), zone(row.zone))
    events = [NewEvent(EventKind.consent, occurred_at=signed_at)]
    if row.planned_injection_on is not None:
        events.append(NewEvent(EventKind.injection, planned_on=row.planned_injection_on))
    return events
