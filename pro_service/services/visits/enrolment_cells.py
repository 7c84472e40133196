"""One row of an enrolment file, cell by cell: read, or refused with its place and the mend."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeVar

from pro_service.domain.delivery.consents import (
    EARLIEST_CONSENT,
    LONGEST_VERSION,
    is_version,
    wrong_day,
)
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.facts import Target
from pro_service.domain.study.times import local_day, zone
from pro_service.domain.tables.cells import (
    CellError,
    is_missing,
    read_channel,
    read_digits,
    read_knees,
    read_language,
    read_year,
    read_yes_no,
)
from pro_service.domain.tables.characters import has_control, visible
from pro_service.domain.tables.codes import check_code
from pro_service.domain.tables.days import read_day
from pro_service.services.base.phones import PhoneError, parse_phone
from pro_service.tables import settle_zone

T = TypeVar("T")

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
OPTIONAL_COLUMNS = ("year_of_birth", "cross_border_consent", "caregiver_consent")
"""Columns a file may have: what the pages ask for where the protocol wants a second factor; and
whether the participant agreed to a provider abroad, and that others are written to. Left out or
empty: they did not."""
EARLIEST_BIRTH = 1900
YOUNGEST: Final = 18
OLDEST: Final = 120
"""Years of an adult who takes part; another year of birth is a slip of the pen."""
LATE_ENTRY: Final = timedelta(days=31)
"""How long after the day of an injection a participant may still be entered as planned for it."""
LATEST_PLAN: Final = timedelta(days=10 * 366)
"""No study plans further ahead; a later day is a slip of the pen."""
LONGEST_CELL: Final = 200


class RowProblem(NamedTuple):
    """One thing wrong with the file: where, what, and what to do about it."""

    row: int
    column: str
    message: str
    why: str = "unreadable"
    """One word for it, for pages that say it in sentences of their own."""
    other: str = ""
    """Whose code or which row it is about beside this one."""
    example: str = ""
    """How it may be written."""


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
    cross_border_consent: bool | None = None
    """None: nothing was said, which agrees to nothing."""
    caregiver_consent: bool | None = None


class SiteRules(NamedTuple):
    """What a site, and the protocol it enrols under, ask of a row."""

    country: str
    zone: str
    """Where the clock of a participant is, where the row does not say."""
    ask_year: bool = False
    """Whether the pages ask for the year of birth, so that it must be known."""
    code_pattern: str | None = None
    """What a code must fit beyond what every code must."""


class RowRules(NamedTuple):
    """What every row is checked against; `now` is study time."""

    sites: Mapping[str, SiteRules]
    now: datetime
    our_numbers: Collection[str] = ()
    """The service's own senders (E.164): a text to one of them reaches nobody."""


class _Row:
    """Reads the cells of one row, and collects what is wrong with them."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number, self.cells = number, cells
        self.found: list[RowProblem] = []

    def add(self, column: str, message: str, why: str = "unreadable", example: str = "") -> None:
        self.found.append(RowProblem(self.number, column, message, why, example=example))

    def text(self, column: str, *, optional: bool = False) -> str:
        """The cell trimmed; empty for a value nobody can read, which is then said."""
        value = self.cells.get(column, "").strip().strip("\ufeff\u200b").strip()
        if has_control(value):
            self.add(column, "holds a control character; delete it.", "control")
        elif len(value) > LONGEST_CELL:
            self.add(column, f"has over {LONGEST_CELL} characters.", "long")
        elif visible(value):
            return value
        elif not optional:
            self.add(column, "is empty; give a value.", "empty")
        return ""

    def read(self, column: str, how: Callable[[str], T], *, optional: bool = False) -> T | None:
        """The cell's value as `how` reads it; None where it is missing or cannot be read."""
        value = self.text(column, optional=optional)
        if not value or (optional and is_missing(value)):
            return None
        try:
            return how(value)
        except ProServiceError as error:
            said = error.message if error.mend is None else str(error)
            example = error.example if isinstance(error, PhoneError) else ""
            self.add(column, said, error.word or "unreadable", example)
            return None


def check_row(
    number: int, cells: Mapping[str, str], rules: RowRules
) -> tuple[EnrolmentRow | None, list[RowProblem]]:
    """Check one row of the file (`number` as a spreadsheet shows it); every mistake at once.

    Whether consent lies in the future is judged by the participant's own day.
    """
    row = _Row(number, cells)
    site = row.text("site")
    asked = rules.sites.get(site)
    if site and asked is None:
        known = ", ".join(sorted(rules.sites)) or "none yet"
        row.add("site", f"is not a site of the study; known: {known}.", "unknown")
    country = None if asked is None else asked.country
    pattern = None if asked is None else asked.code_pattern
    code = row.read("code", lambda text: _code(text, pattern))
    zone_name = row.read("zone", lambda text: settle_zone(visible(text), country), optional=True)
    if zone_name is None and asked is not None:
        zone_name = asked.zone
    today = rules.now.date() if zone_name is None else local_day(rules.now, zone(zone_name))
    phone = row.read("phone", lambda text: _phone(text, country, rules.our_numbers))
    language = row.read("language", read_language)
    channel = row.read("channel", read_channel)
    version = row.read("consent_version", visible)
    consent_on = row.read("consent_on", read_day)
    if consent_on is not None and wrong_day(consent_on, today) == "future":
        row.add("consent_on", "lies in the future; consent comes before enrolment.", "future")
    agreed = row.read("messaging_consent", read_yes_no)
    abroad = row.read("cross_border_consent", read_yes_no, optional=True)
    others = row.read("caregiver_consent", read_yes_no, optional=True)
    knees = row.read("treated_knees", read_knees)
    planned_on = row.read("planned_injection_on", read_day, optional=True)
    year = row.read(
        "year_of_birth", lambda text: read_year(text, EARLIEST_BIRTH, today.year), optional=True
    )
    unsaid = year is None and all(problem.column != "year_of_birth" for problem in row.found)
    if unsaid and asked is not None and asked.ask_year:
        row.add("year_of_birth", "is empty; the study asks for it before its pages open.", "empty")
    if row.found or code is None or zone_name is None or phone is None or version is None:
        return None, row.found
    if language is None or channel is None or consent_on is None or agreed is None or knees is None:
        return None, row.found
    return EnrolmentRow(
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
        cross_border_consent=abroad,
        caregiver_consent=others,
    ), []


def implausible(row: EnrolmentRow, now: datetime, *, reason: bool) -> list[RowProblem]:
    """What cannot be of somebody new; of days with a reason, only those that never can.

    Of somebody enrolled already they are facts: the same file again is not refused for its age.
    """
    found: list[RowProblem] = []
    today = local_day(now, zone(row.zone))
    if not is_version(row.consent_version):
        form = f"is no version; give at most {LONGEST_VERSION} letters, digits and . - / ( )."
        found.append(RowProblem(row.number, "consent_version", form, "version"))
    year = row.year_of_birth
    if year is not None and not YOUNGEST <= today.year - int(year) <= OLDEST:
        age = f"is no year of an adult of {YOUNGEST} to {OLDEST} years; look it up."
        found.append(RowProblem(row.number, "year_of_birth", age, "age"))
    if wrong_day(row.consent_on, today) == "early":
        early = f"lies before {EARLIEST_CONSENT.year}; look it up."
        found.append(RowProblem(row.number, "consent_on", early, "early"))
    planned_on = row.planned_injection_on
    if planned_on is None:
        return found
    column = "planned_injection_on"
    if planned_on < row.consent_on:
        wrong = "lies before consent; one of them is wrong."
        found.append(RowProblem(row.number, column, wrong, "before_consent"))
    elif not reason and planned_on < today - LATE_ENTRY:
        past = "passed over a month ago; if it is right, enrol with --reason WHY, else mend it."
        found.append(RowProblem(row.number, column, past, "past"))
    elif not reason and planned_on > today + LATEST_PLAN:
        late = "lies over ten years ahead; if it is right, enrol with --reason WHY, else mend it."
        found.append(RowProblem(row.number, column, late, "ahead"))
    return found


def _code(text: str, pattern: str | None) -> str:
    check_code(text, pattern)
    return text


def _phone(text: str, country: str | None, ours: Collection[str]) -> str:
    try:
        number = parse_phone(read_digits(text), country)
    except CellError as error:
        raise PhoneError(country, error.message) from None
    if number in ours:
        raise CellError("is a number of the service's own; give the participant's.", word="ours")
    return number
