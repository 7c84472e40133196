"""How many segments a text costs: GSM-7 160/153 characters, otherwise UCS-2 70/67."""

from __future__ import annotations

from typing import Literal

from pro_service.domain.record import Record

# 3GPP TS 23.038: the default alphabet, and the extension table reached by an escape.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


class Segments(Record):
    """What a text needs on the wire; `characters` counts units of its encoding."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    segments: int


def segments(text: str) -> Segments:
    """Return encoding, length and number of segments of `text`; an empty text is one segment."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        widths = [2 if character in _EXTENDED else 1 for character in text]
        return _counted("GSM-7", widths, single=160, each=153)
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _counted("UCS-2", widths, single=70, each=67)


def _counted(
    encoding: Literal["GSM-7", "UCS-2"], widths: list[int], *, single: int, each: int
) -> Segments:
    """Fill segments in order: a pair (escape or surrogates) is never cut in two."""
    total = sum(widths)
    if total <= single:
        return Segments(encoding=encoding, characters=total, segments=1)
    count, used = 1, 0
    for width in widths:
        if used + width > each:
            count, used = count + 1, 0
        used += width
    return Segments(encoding=encoding, characters=total, segments=count)
