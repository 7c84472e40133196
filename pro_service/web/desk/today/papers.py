"""Rows of paper that is typed twice: to type a second time, and differences to settle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pro_service.domain.study.times import zone
from pro_service.services.desk.today import ToDo
from pro_service.store.desk.desk import DeskSite
from pro_service.web.desk.words import Words


def paper_rows(
    words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo, kind: str
) -> list[dict[str, Any]]:
    """Whose paper, of which visit, typed by whom first, since when; `kind` as in `PaperToDo`."""
    return [
        {
            "code": one.code,
            "place": one.site_id,
            "site": sites[one.site_id],
            "visit": words.visit(
                to_do.protocols[one.protocol_version_id], one.definition, one.occurrence
            ),
            "asked": words.asked(one.instrument, one.target),
            "typed": words.text(
                "second.typed_by",
                who=words.who(one.typed_by),
                at=words.instant(one.since, zone(sites[one.site_id].zone)),
            )
            if kind == "to_type"
            else words.text("second.open", count=one.open),
        }
        for one in to_do.papers
        if one.kind == kind
    ]
