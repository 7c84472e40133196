"""What the two pages are asked for by their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from pro_service.store.desk.desk import DeskSite
from pro_service.store.missing.visits import After

PATH: Final = "/desk/missing"
LOG_PATH: Final = "/desk/missing/deviations"


class Asked(NamedTuple):
    """Which sites and visits; None is all of them. What is not known narrows nothing."""

    site: DeskSite | None = None
    visit: str | None = None
    after: After | None = None
    """Of the log: after which row the page begins."""

    @property
    def site_id(self) -> UUID | None:
        """The site's id."""
        return None if self.site is None else self.site.id

    def fields(self) -> list[tuple[str, str]]:
        """The filter as fields of an address."""
        given = [("site", None if self.site is None else self.site.code), ("visit", self.visit)]
        return [(name, value) for name, value in given if value]

    def address(self, path: str, after: After | None = None) -> str:
        """The address of a page or a file with this filter."""
        fields = self.fields()
        if after is not None:
            fields.append(("after", f"{after.at.isoformat()} {after.id} {after.kind}"))
        return f"{path}?{urlencode(fields)}" if fields else path


def asked_of(given: Mapping[str, str], sites: Sequence[DeskSite]) -> Asked:
    """Read an address."""
    site = next((one for one in sites if one.code == given.get("site")), None)
    return Asked(site, given.get("visit", "")[:100] or None, _after(given.get("after", "")))


def _after(text: str) -> After | None:
    try:
        at, an_id, kind = text.split(" ")
        instant = datetime.fromisoformat(at)
        found = After(instant.astimezone(UTC), UUID(an_id), kind)
    except (ValueError, OverflowError):  # The latter: of a day before the first or after the last.
        return None
    return found if instant.tzinfo is not None else None
