"""Addresses and forms of the room of exports."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.web.desk.exporting import page
from pro_service.web.desk.guard import SeatedHandler, for_staff

EXPORT_FORMS: Final[tuple[tuple[str, SeatedHandler, Action, str, bool], ...]] = (
    (page.ROOM, page.ask, Action.export_data, "desk-export", True),
)
"""Path, handler, action and name of each form, and that it asks for the password anew."""
EXPORT_ROUTES: Final = (
    web.get(page.ROOM, for_staff(page.show, Action.export_data), name="desk-exports"),
    web.get(
        f"{page.ROOM}/{{id}}.zip",
        for_staff(page.download, Action.export_data, step_up=True),
        name="desk-export-file",
        allow_head=False,
    ),
)
