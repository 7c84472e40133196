"""What the forms of an entry bring: its head, and the answers that were typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import LANGUAGES, Instrument, Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.values import is_permitted, read_number
from pro_service.domain.study.entering import Told
from pro_service.domain.study.respondents import EntryMode, read_respondent
from pro_service.domain.study.times import local_instant, typed_day, typed_instant
from pro_service.services.answering import GivenAnswer
from pro_service.services.desk.entering import EntryHead
from pro_service.services.desk.seat import NotHereError
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import Form

NO_ANSWER: Final = "-"
NOT_APPLICABLE: Final = "n"
UNREADABLE: Final = "u"
GAPS: Final[Mapping[str, str]] = {
    NO_ANSWER: "skipped",
    NOT_APPLICABLE: "not_applicable",
    UNREADABLE: "unreadable",
}
"""The signs by which a question is left without a value, and the kind of gap each is."""
HEAD: Final = (
    *("assessment", "mode", "respondent", "language", "told_on", "told_time"),
    *("original", "apart_reason", "told_at"),
)
"""The fields of the head, as the forms carry them."""
_LONGEST_FIELD: Final = 2000
_LONGEST_KEY: Final = 40


class HeadProblemError(ProServiceError):
    """Something that is asked before the first answer is missing or cannot be read."""

    def __init__(self, field: str) -> None:
        """Name the field of the form."""
        super().__init__(f"{field} is missing or cannot be read.")
        self.field = field


@dataclass(frozen=True)
class Typed:
    """The answers a form brought, those that can be kept and those that cannot."""

    given: tuple[GivenAnswer, ...]
    said: Mapping[str, str]
    """What was typed, item by item, as it was typed: it stays in the form."""
    wrong: frozenset[str]
    """Items of which what was typed is no answer."""


def head_fields(form: Form | Mapping[str, str]) -> dict[str, str]:
    """The head as a form has it, to be shown again."""
    return {name: str(form.get(name, ""))[:_LONGEST_FIELD] for name in HEAD}


def read_head(fields: Mapping[str, str], site: ZoneInfo, now: datetime) -> EntryHead:
    """The head, its day and hour in the site's zone. Raises HeadProblemError.

    By telephone, neither day nor hour means now (UTC); a form that was looked at carries the
    instant (`told_at`).
    """
    mode = fields["mode"]
    if mode not in ("telephone", "paper"):
        raise HeadProblemError("mode")
    respondent = read_respondent(fields["respondent"])
    if respondent is None:
        raise HeadProblemError("respondent")
    language = next((one for one in LANGUAGES if one == fields["language"]), None)
    if language is None:
        raise HeadProblemError("language")
    try:
        assessment_id = UUID(fields["assessment"])
    except ValueError:
        raise HeadProblemError("assessment") from None
    told = Told(
        mode=cast(EntryMode, mode),
        respondent=respondent,
        language=language,
        at=_told_at(fields, site, now),
    )
    return EntryHead(assessment_id, told, fields["original"], fields["apart_reason"])


def read_typed(form: Form, assessment_id: UUID, instrument: Instrument, mode: str) -> Typed:
    """What was typed for an instrument; what was left empty is not among it."""
    given: list[GivenAnswer] = []
    said: dict[str, str] = {}
    wrong: set[str] = set()
    for item in instrument.items:
        text = str(form.get(f"a.{item.code}", "")).strip()
        if not text:
            continue
        said[item.code] = text[:_LONGEST_KEY]
        if (read := read_sign(item, text, mode)) is not None:
            given.append(GivenAnswer(assessment_id, item.code, *read, raw=text))
        else:
            wrong.add(item.code)
    return Typed(tuple(given), said, frozenset(wrong))


def read_sign(item: Item, text: str, mode: str) -> tuple[Value | None, str | None] | None:
    """What was typed for a question: a value, or a kind of gap; None: it is no answer."""
    if text in signs_of(item, mode):
        return None, GAPS[text]
    value = _value(item, text)
    return None if value is None else (value, None)


def signs_of(item: Item, mode: str) -> tuple[str, ...]:
    """The signs that leave this question without a value, in the order they are offered."""
    signs = [NO_ANSWER] if item.skippable else []
    if item.may_not_apply:
        signs.append(NOT_APPLICABLE)
    if mode == "paper":
        signs.append(UNREADABLE)
    return tuple(signs)


def local_instant_of(day: str, hour: str, site: ZoneInfo, name: str) -> datetime:
    """The instant (UTC) of a day and hour in the site's zone, as a form has them.

    Raises HeadProblemError for `<name>_on` or `<name>_time`.
    """
    try:
        found = typed_day(day)
    except ValueError:
        raise HeadProblemError(f"{name}_on") from None
    try:
        at = time.fromisoformat(hour)
    except ValueError:
        raise HeadProblemError(f"{name}_time") from None
    if at.tzinfo is not None:
        raise HeadProblemError(f"{name}_time")
    return local_instant(found, at, site)


def read_key(form: Form) -> str:
    """The idempotency key. Raises UnreadableFormError."""
    key = str(form.get("key", ""))
    if not key.isalnum() or len(key) > _LONGEST_KEY:
        raise UnreadableFormError
    return key


def read_id(text: str) -> UUID:
    """An id in an address or a form. Raises NotHereError."""
    try:
        return UUID(text)
    except ValueError:
        raise NotHereError from None


def _told_at(fields: Mapping[str, str], site: ZoneInfo, now: datetime) -> datetime:
    if fields["told_at"]:
        try:
            carried = typed_instant(fields["told_at"])
        except ValueError:
            raise HeadProblemError("told_on") from None
        if carried.tzinfo is None:
            raise HeadProblemError("told_on")
        return carried.astimezone(UTC)
    if fields["mode"] == "telephone" and not (fields["told_on"] or fields["told_time"]):
        return now
    return local_instant_of(fields["told_on"], fields["told_time"], site, "told")


def _value(item: Item, text: str) -> Value | None:
    value = read_number(text)
    return value if value is not None and is_permitted(item, value) else None
