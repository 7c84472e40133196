"""What the list is asked for by its address, and the address that asks for it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from multidict import MultiMapping

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import Status
from pro_service.services.desk.listing.grid import FIGURES, MOST_NAMED, SORTED, GridQuery

PATH: Final = "/desk/participants"
CSV_PATH: Final = "/desk/participants.csv"
_LONGEST_FILTER: Final = 100


def query_of(given: MultiMapping[str]) -> GridQuery:
    """The filters; what cannot be read narrows nothing."""
    page = given.get("page", "1")
    state, status = given.get("state", ""), given.get("status", "")
    return GridQuery(
        site=given.get("site", "")[:_LONGEST_FILTER] or None,
        code=given.get("code", "").strip()[:_LONGEST_FILTER] or None,
        codes=tuple(one[:_LONGEST_FILTER] for one in given.getall("is", [])[:MOST_NAMED]),
        status=Status(status) if status in Status.__members__ else None,
        language=next((one for one in LANGUAGES if one == given.get("language")), None),
        state=AssessmentState(state) if state in AssessmentState.__members__ else None,
        visit=given.get("visit", "")[:_LONGEST_FILTER] or None,
        figure=next((one for one in FIGURES if one == given.get("figure")), None),
        sort=next((one for one in SORTED if one == given.get("sort")), "code"),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def is_narrowed(query: GridQuery) -> bool:
    """Whether anybody may be left out."""
    return query._replace(sort="code", page=1) != GridQuery()


def filters_of(query: GridQuery) -> list[tuple[str, str]]:
    """The query as fields of an address or a form; `query_of` reads them back."""
    given = [
        ("site", query.site),
        ("code", query.code),
        *(("is", one) for one in query.codes),
        ("status", query.status),
        ("language", query.language),
        ("state", query.state),
        ("visit", query.visit),
        ("figure", query.figure),
        ("sort", None if query.sort == "code" else query.sort),
        ("page", None if query.page == 1 else query.page),
    ]
    return [(name, str(value)) for name, value in given if value is not None]


def narrowed_by(query: GridQuery) -> str:
    """The filter as the record keeps it; empty for everybody."""
    return urlencode(filters_of(query._replace(sort="code", page=1)))


def address_of(query: GridQuery, path: str = PATH) -> str:
    """The address of a list."""
    asked = urlencode(filters_of(query))
    return f"{path}?{asked}" if asked else path
