"""How many segments a text costs: GSM-7 160/153 characters, otherwise UCS-2 70/67."""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

from pro_service.domain.record import Record

# 3GPP TS 23.038: the default alphabet, and the extension table reached by an escape.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENDED


class Segments(Record):
    """What a text needs on the wire; `characters` counts units of its encoding."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    segments: int


def segments(text: str) -> Segments:
    """Return encoding, length and number of segments of `text`; an empty text is one segment."""
    characters = set(text)
    if characters <= _GSM:
        return _counted("GSM-7", text, characters & _EXTENDED, single=160, each=153)
    pairs = {character for character in characters if ord(character) > 0xFFFF}
    return _counted("UCS-2", text, pairs, single=70, each=67)


def _counted(
    encoding: Literal["GSM-7", "UCS-2"],
    text: str,
    wide: Set[str],
    *,
    single: int,
    each: int,
) -> Segments:
    """Fill segments in order: a pair (escape or surrogates) of a `wide` one is never cut in two."""
    total = len(text) + sum(map(text.count, wide))
    if total <= single:
        return Segments(encoding=encoding, characters=total, segments=1)
    if not wide:
        return Segments(encoding=encoding, characters=total, segments=-(-total // each))
    count, used = 1, 0
    for character in text:
        width = 2 if character in wide else 1
        if used + width > each:
            count, used = count + 1, 0
        used += width
    return Segments(encoding=encoding, characters=total, segments=count)
