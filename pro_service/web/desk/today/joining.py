"""Rows of who has not joined yet: enrolled, and no number proven so far (R23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pro_service.domain.study.reaching.first_texts import Joining, joining_of
from pro_service.domain.study.times import zone
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.joining import NotJoined
from pro_service.web.desk.words import Words


def not_joined_rows(
    words: Words, sites: Mapping[UUID, DeskSite], rows: Sequence[NotJoined]
) -> list[dict[str, Any]]:
    """Who, how far the first text has come, and since when they are enrolled."""
    shown = []
    for one in rows:
        site = sites[one.site_id]
        local, far = zone(site.zone), joining_of(one.state)
        what = words.word("joining", far)
        if one.sent_at is not None:
            at = words.instant(one.sent_at, local)
            what = words.text("joining.since", what=what, at=at)
        shown.append(
            {
                "code": one.code,
                "place": one.site_id,
                "site": site,
                "what": what,
                "enrolled": words.instant(one.enrolled_at, local),
                "may_go": far is not Joining.waiting,
            }
        )
    return shown
