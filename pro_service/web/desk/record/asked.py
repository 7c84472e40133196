"""What the audit is asked for by its address, and the address that asks for it."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from multidict import MultiMapping

from pro_service.domain.study.times import day_end, day_start, typed_day
from pro_service.services.base.actors import staff_actor
from pro_service.services.record.reading import GROUPS, CursorError, Wish, read_place

PATH: Final = "/desk/record"
CSV_PATH: Final = "/desk/record.csv"
_LONGEST: Final = 100


class Asked(NamedTuple):
    """The filters as they were typed; what cannot be read narrows nothing."""

    code: str
    """Of a participant."""
    person: str
    """The login of a member of staff, or a name as the record has it (`cli:...`)."""
    what: str
    """A group of kinds of rows, or the door."""
    first: date | None
    last: date | None
    before: str | None
    """Where the page before ended."""

    def wish(self, zone: ZoneInfo) -> Wish:
        """As the audit is asked, but for the participant; days are those of a zone."""
        person = self.person or None
        return Wish(
            person=person if person is None or ":" in person else staff_actor(person),
            group=self.what or None,
            since=None if self.first is None else day_start(self.first, zone),
            until=None if self.last is None else day_end(self.last, zone),
            before=self.before,
        )

    @property
    def query(self) -> str:
        """The filters as an address has them, without the page."""
        given = {
            "code": self.code,
            "who": self.person,
            "what": self.what,
            "from": "" if self.first is None else self.first.isoformat(),
            "to": "" if self.last is None else self.last.isoformat(),
        }
        return urlencode({name: value for name, value in given.items() if value})

    def address(self, path: str = PATH, before: str | None = None) -> str:
        """The address of these filters, of the page after `before`."""
        parts = [self.query, "" if before is None else urlencode({"before": before})]
        query = "&".join(one for one in parts if one)
        return f"{path}?{query}" if query else path


def asked_of(given: MultiMapping[str]) -> Asked:
    """The filters of an address."""
    what = given.get("what", "")
    return Asked(
        code=given.get("code", "").strip()[:_LONGEST],
        person=given.get("who", "").strip()[:_LONGEST],
        what=what if what in GROUPS else "",
        first=_day(given.get("from", "")),
        last=_day(given.get("to", "")),
        before=_place(given.get("before", "")),
    )


def _place(text: str) -> str | None:
    try:
        read_place(text)
    except CursorError:
        return None
    return text


def _day(text: str) -> date | None:
    try:
        return typed_day(text)
    except ValueError:
        return None
