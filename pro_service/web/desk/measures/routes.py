"""Addresses and forms of the rooms of measures."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.web.desk.guard import SeatedHandler, for_staff
from pro_service.web.desk.measures import files, sheet

_SHEET: Final = "/desk/participants/{code}/measures"
MEASURE_FORMS: Final[tuple[tuple[str, SeatedHandler, Action, str], ...]] = (
    (_SHEET, sheet.keep, Action.enter_measures, "desk-measures-keep"),
    (f"{files.ADDRESS}/file", files.look, Action.import_measures, "desk-measure-file"),
    (f"{files.ADDRESS}/rows", files.confirm, Action.import_measures, "desk-measure-rows"),
)
"""Path, handler, action and name of each form."""
MEASURE_ROUTES: Final = (
    web.get(_SHEET, for_staff(sheet.show, Action.see_measures), name="desk-measures"),
    web.get(
        files.ADDRESS,
        for_staff(files.show_room, Action.import_measures),
        name="desk-measure-files",
    ),
)
