"""Addresses and forms of the rooms of measures."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.web.desk.guard import SeatedHandler, for_staff
from pro_service.web.desk.measures import files, handing_out, sheet

_OUT: Final = handing_out.ADDRESS
_SHEET: Final = "/desk/participants/{code}/measures"
MEASURE_FORMS: Final[tuple[tuple[str, SeatedHandler, Action, str], ...]] = (
    (_SHEET, sheet.keep, Action.enter_measures, "desk-measures-keep"),
    (f"{files.ADDRESS}/file", files.look, Action.import_measures, "desk-measure-file"),
    (f"{files.ADDRESS}/rows", files.confirm, Action.import_measures, "desk-measure-rows"),
    (f"{_OUT}/lists", handing_out.give, Action.hand_out_reads, "desk-reads-give"),
    (f"{_OUT}/look", handing_out.look, Action.hand_out_reads, "desk-exams-look"),
    (f"{_OUT}/exams", handing_out.bring, Action.hand_out_reads, "desk-exams-bring"),
)
"""Path, handler, action and name of each form."""
MEASURE_ROUTES: Final = (
    web.get(_SHEET, for_staff(sheet.show, Action.see_measures), name="desk-measures"),
    web.get(
        files.ADDRESS,
        for_staff(files.show_room, Action.import_measures),
        name="desk-measure-files",
    ),
    web.get(_OUT, for_staff(handing_out.show, Action.hand_out_reads), name="desk-hand-out"),
    web.get(
        f"{_OUT}/{{id}}/key.csv",
        for_staff(handing_out.get_key, Action.hand_out_reads),
        name="desk-read-key",
    ),
)
