"""How many corrections there were, by site and interviewer: a page, and the same as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.times import zone
from pro_service.services.desk import entering as service
from pro_service.services.desk.entering import CorrectionFigures
from pro_service.services.desk.seat import Seat
from pro_service.store.base.data_out import TakenOut
from pro_service.store.desk.corrections import CorrectionCount
from pro_service.web.desk.guard import hands_of
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.taken import csv_file
from pro_service.web.desk.words import Words

_COLUMNS: Final = ("site", "interviewer", "kind", "asked", "approved", "refused", "waiting")
"""Of the CSV file. An empty interviewer: the participant answered by themselves, or on paper."""


async def show_counts(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/corrections`: the counts, and the requests that wait, the oldest first."""
    found = await service.count_corrections(hands_of(request, seat))
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    return desk.render(
        "correction_counts.html",
        request,
        seat,
        frame=found.frame,
        counts=[_row(words, found, one) for one in found.counts],
        totals=_totals(found),
        waiting=[
            {
                "code": one.code,
                "site": found.sites[one.site_id].code,
                "may_open": seat.may(Action.ask_correction, one.site_id),
                "kind": words.text(f"correction.kind_{one.kind}"),
                "who": words.who(one.actor),
                "at": words.instant(one.recorded_at, zone(found.sites[one.site_id].zone)),
            }
            for one in found.waiting
        ],
    )


async def get_table(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/corrections.csv`: the counts of the page, for other programs."""
    found = await service.count_corrections(hands_of(request, seat))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in found.counts:
        numbers = (one.asked, one.approved, one.refused, one.waiting)
        site = found.sites[one.site_id].code
        writer.writerow([site, one.interviewer or "", one.kind, *numbers])
    body = buffer.getvalue().encode("utf-8-sig")
    taken = TakenOut("corrections", "", len(found.counts))
    return await csv_file(request, seat, "corrections.csv", body, taken)


def _row(words: Words, found: CorrectionFigures, one: CorrectionCount) -> dict[str, Any]:
    return {
        "site": found.sites[one.site_id].code,
        "interviewer": words.text("correction_count.nobody")
        if one.interviewer is None
        else words.who(one.interviewer),
        "kind": words.text(f"correction.kind_{one.kind}"),
        "numbers": (one.asked, one.approved, one.refused, one.waiting),
    }


def _totals(found: CorrectionFigures) -> list[int]:
    """Asked, approved, refused and waiting, of all."""
    columns = zip(
        *((one.asked, one.approved, one.refused, one.waiting) for one in found.counts), strict=True
    )
    return [sum(column) for column in columns]
