"""What leaves the service: tables of answers and scores, and who has answered."""

from pro_service.services.exports.beside import ANSWERED, MEASURED, ReadsOpenError, demand_apart
from pro_service.services.exports.choosing import (
    FORMATS,
    NEEDS,
    choose_formats,
    formats_at_hand,
)
from pro_service.services.exports.columns import EVERY_TABLE, FREE_TEXT, TABLES
from pro_service.services.exports.cuts import CutError, find_cut, list_cuts
from pro_service.services.exports.export import Wanted, export
from pro_service.services.exports.formats.errors import FormatError
from pro_service.services.exports.free_text import words_may_leave
from pro_service.services.exports.instants import AsOfError, is_copy_of

__all__ = [
    "ANSWERED",
    "EVERY_TABLE",
    "FORMATS",
    "FREE_TEXT",
    "MEASURED",
    "NEEDS",
    "TABLES",
    "AsOfError",
    "CutError",
    "FormatError",
    "ReadsOpenError",
    "Wanted",
    "choose_formats",
    "demand_apart",
    "export",
    "find_cut",
    "formats_at_hand",
    "is_copy_of",
    "list_cuts",
    "words_may_leave",
]
