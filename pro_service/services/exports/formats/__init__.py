"""Formats of an export: each is one small writer, fed by the one pass over the data."""

from __future__ import annotations

from pro_service.services.exports.formats.csv import CsvWriter
from pro_service.services.exports.formats.writer import Writer

__all__ = ["CsvWriter", "Writer"]
