"""What the two pages show, as CSV for other programs: codes where the pages have words."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from pro_service.services.desk import missing as service
from pro_service.services.desk import today
from pro_service.services.desk.missing import Missing
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.store.base.data_out import TakenOut, What
from pro_service.store.missing.visits import After, Deviation
from pro_service.tables.writing import csv_bytes
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.missing.asked import PATH, Asked, asked_of
from pro_service.web.desk.missing.said import MONTH_PARTS
from pro_service.web.desk.taken import csv_file
from pro_service.web.keys import CONTEXT, POOLS

_AT_A_TIME: Final = 500
Row = Sequence[object]


def _reasons(found: Missing) -> Iterator[Row]:
    yield "visit", "reason", "detail", "visits"
    for definition in found.definitions:
        counted = found.reasons.get(definition, Counter())
        yield from sorted(
            (definition, why.reason, why.of or "", number) for why, number in counted.items()
        )


def _brought(found: Missing) -> Iterator[Row]:
    yield "brought_by", "text_number", "mode", "visits"
    for (what, mode), number in sorted(found.brought.items()):
        yield what.by, what.ordinal or "", mode, number


def _months(found: Missing) -> Iterator[Row]:
    yield "month", "expected", *MONTH_PARTS
    for month, counted in sorted(found.months.items()):
        yield f"{month:%Y-%m}", counted.expected, *(getattr(counted, one) for one in MONTH_PARTS)


TABLES: Final[Mapping[str, tuple[What, Callable[[Missing], Iterator[Row]]]]] = {
    "reasons": ("missing_reasons", _reasons),
    "brought": ("missing_brought", _brought),
    "months": ("missing_months", _months),
}
"""The tables of the page by the name of their address: how the record names them, their rows."""
LOG_FILE: Final = f"{PATH}/deviations.csv"
_LOG_HEAD: Final = (
    *("code", "site", "kind", "visit", "occurrence", "instrument", "target", "at", "said"),
)


def table_handler(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`GET /desk/missing/<name>.csv`: one table of the page, as it is narrowed there."""
    what, rows_of = TABLES[name]

    @for_record_staff
    async def get_table(request: web.Request, seat: Seat) -> web.Response:
        async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
            sites = await today.list_sites(connection, seat.study_id)
            asked = asked_of(request.query, sites)
            found = await service.read_missing(
                connection,
                request.app[CONTEXT],
                seat.study_id,
                site_id=asked.site_id,
                definition=asked.visit,
            )
        return await _file(request, seat, what, asked, rows_of(found))

    return get_table


@for_record_staff
async def get_log(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/missing/deviations.csv`: the whole log, the latest first."""
    rows: list[Deviation] = []
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        sites = await today.list_sites(connection, seat.study_id)
        asked = asked_of(request.query, sites)
        after: After | None = None
        while True:
            found = await service.read_deviations(
                connection,
                request.app[CONTEXT],
                seat.study_id,
                site_id=asked.site_id,
                after=after,
                most=_AT_A_TIME,
            )
            rows.extend(found.rows)
            after = found.after
            if after is None:
                break
    codes = {one.id: one.code for one in sites}
    return await _file(request, seat, "deviations", asked, _log(rows, codes.__getitem__))


def _log(rows: Iterable[Deviation], site: Callable[..., str]) -> Iterator[Row]:
    yield _LOG_HEAD
    for one in rows:
        asked = one.instrument or "", one.target or ""
        visit = one.definition, one.occurrence
        yield (
            one.code,
            site(one.site_id),
            one.kind,
            *visit,
            *asked,
            one.at.isoformat(),
            one.said or "",
        )


async def _file(
    request: web.Request, seat: Seat, name: What, asked: Asked, rows: Iterable[Row]
) -> web.Response:
    written = io.StringIO()
    listed = list(rows)
    csv.writer(written).writerows(listed)
    taken = TakenOut(name, urlencode(asked.fields()), len(listed) - 1)
    return await csv_file(request, seat, f"{name}.csv", csv_bytes(written.getvalue()), taken)
