"""Rows of what was answered and not sent, and of what was answered in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pro_service.domain.study.times import zone
from pro_service.services.desk.entering import EntryRights
from pro_service.services.desk.today import Begun, ToDo
from pro_service.store.desk.desk import DeskSite
from pro_service.web.desk.entering.addresses import entry_of
from pro_service.web.desk.today.said import tried, until
from pro_service.web.desk.words import Words


def begun_rows(
    words: Words,
    sites: Mapping[UUID, DeskSite],
    to_do: ToDo,
    begun: Sequence[Begun],
    rights: EntryRights,
) -> list[dict[str, Any]]:
    """Who, which visit, what is to be answered, since when, until when, and what was tried."""
    rows = []
    for row, to_answer in begun:
        site = sites[row.site_id]
        local = zone(site.zone)
        protocol = to_do.protocols[row.protocol_version_id]
        rows.append(
            {
                "code": row.code,
                "place": row.site_id,
                "site": site,
                "visit": words.visit(protocol, row.definition, row.occurrence),
                "entry": entry_of(row.code, visit=row.visit_id, asked=next(iter(to_answer), None))
                if rights.enters(row.site_id, protocol)
                else None,
                "anchor": f"{row.definition}-{row.occurrence}",
                "to_answer": [words.asked(one.instrument, one.target) for one in to_answer],
                "since": words.instant(row.last_answer_at, local),
                "closes": until(words, row.closes_at, row.zone, site),
                "tried": tried(words, to_do.tried.get(row.visit_id), local),
            }
        )
    return rows
