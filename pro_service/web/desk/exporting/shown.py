"""What the room of exports shows, in one language."""

from __future__ import annotations

from typing import Any, Final

from pro_service.domain.study.times import zone
from pro_service.services.desk.exporting import ExportRoom
from pro_service.services.exports import EVERY_TABLE, FORMATS, FREE_TEXT, MEASURED, TABLES
from pro_service.store.exports.jobs import OwnExport
from pro_service.web.desk.words import Words
from pro_service.web.requests import Form

_MEGABYTE: Final = 1_000_000
_SMALLEST: Final = 0.1


class RoomShown:
    """The form as it was typed, or as it is offered; and the files asked for."""

    def __init__(self, words: Words, room: ExportRoom, typed: Form | None) -> None:
        """`typed` is a form that was refused."""
        self._words, self._room, self._typed = words, room, typed
        self._zone = zone(room.sites[0].zone if room.sites else "UTC")

    def values(self) -> dict[str, Any]:
        """What the template is given."""
        room, typed = self._room, self._typed
        return {
            "tables": self._tables(),
            "hidden": [self._table(one) for one in EVERY_TABLE if one not in room.allowed.tables],
            "free_text": FREE_TEXT if room.allowed.tables >= {FREE_TEXT} else None,
            "apart": not room.allowed.together and room.allowed.tables >= MEASURED,
            "formats": self._formats(),
            "missing_formats": sorted(FORMATS.keys() - room.formats),
            "cuts": [
                {"name": one.name, "at": self._words.instant(one.cut_at, self._zone)}
                for one in reversed(room.cuts)
            ],
            "which": "now" if typed is None else typed.get("which", "now"),
            "cut": "" if typed is None else typed.get("cut", ""),
            "at": "" if typed is None else typed.get("at", ""),
            "clock": room.sites[0] if room.sites else None,
            "places": ", ".join(sorted(room.allowed.sites)),
            "asked": [self._asked(one) for one in room.asked],
            "under_way": any(not one.ended for one in room.asked),
        }

    def _tables(self) -> list[dict[str, Any]]:
        room = self._room
        offered = room.allowed.tables
        if room.allowed.refuses(offered):
            offered = offered - MEASURED
        chosen = (
            offered - {FREE_TEXT}
            if self._typed is None
            else frozenset(self._typed.getall("table", []))
        )
        return [
            {"name": one, "words": self._table(one), "on": one in chosen}
            for one in EVERY_TABLE
            if one in room.allowed.tables
        ]

    def _formats(self) -> list[dict[str, Any]]:
        chosen = ["csv"] if self._typed is None else self._typed.getall("format", [])
        return [
            {"name": one, "words": self._words.word("export_format", one), "on": one in chosen}
            for one in FORMATS
            if one in self._room.formats
        ]

    def _table(self, name: str) -> str:
        return self._words.word("export_table", name)

    def _asked(self, one: OwnExport) -> dict[str, Any]:
        words = self._words
        names = [self._table(name) for name in one.tables]
        every = set(one.tables) == TABLES.keys()
        instant = words.text("exports.as_it_stood")
        if one.cut is not None:
            instant = words.text("exports.of_cut", cut=one.cut)
        elif one.as_of is not None:
            instant = words.text("exports.as_of", at=words.instant(one.as_of, self._zone))
        return {
            "id": one.id,
            "at": words.instant(one.recorded_at, self._zone),
            "tables": words.text("exports.every_table") if every else ", ".join(names),
            "formats": ", ".join(words.word("export_format", name) for name in one.formats),
            "instant": instant,
            "ended": one.ended,
            "failed": one.failed,
            "kept": one.kept,
            "done": one.done,
            "total": one.total,
            "size": _size(one.file_bytes),
            "sha256": one.content_sha256,
        }


def _size(count: int | None) -> str:
    return f"{max((count or 0) / _MEGABYTE, _SMALLEST):.1f} MB"
