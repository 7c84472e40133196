"""Exports at the desk: asked for by data managers and monitors, made by a worker, kept a day."""

from pro_service.services.desk.exporting.allowed import STACKED, Allowed, what_may_leave
from pro_service.services.desk.exporting.asking import (
    ExportRefusedError,
    ExportRoom,
    ExportWish,
    ask_export,
    find_export,
    find_file,
    read_exports,
    read_part,
)
from pro_service.services.desk.exporting.making import Exporting, make_export

__all__ = [
    "STACKED",
    "Allowed",
    "ExportRefusedError",
    "ExportRoom",
    "ExportWish",
    "Exporting",
    "ask_export",
    "find_export",
    "find_file",
    "make_export",
    "read_exports",
    "read_part",
    "what_may_leave",
]
