"""Whole cards as a PDF of A6 pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, Final

from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from pro_service.domain.instruments.model import Language
from pro_service.services.cards.cards import Card
from pro_service.services.cards.picture import qr_of

Say = Callable[..., str]
"""Words of the pages: language, key without `page.`, parameters."""

_CHINESE: Final = "STSong-Light"
"""One of the fonts every PDF reader has for Chinese; it need not be embedded."""
_FONTS: Final[dict[Language, tuple[str, str]]] = {
    "en": ("Helvetica", "Helvetica-Bold"),
    "zh_CN": (_CHINESE, _CHINESE),
}
_TYPED: Final = "Courier-Bold"
_QR_SIZE: Final = 46 * mm
_MARGIN: Final = 9 * mm


def cards_pdf(cards: Sequence[Card], say: Say) -> bytes:
    """All cards as one PDF, an A6 page each, in each participant's language."""
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    out = BytesIO()
    # Invariant: the same cards give the same file; there is no date in it.
    canvas = Canvas(out, pagesize=A6, invariant=1)
    canvas.setAuthor("")
    for card in cards:
        canvas.setTitle(say(card.language, "card.title"))
        _draw(canvas, card, say)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, card: Card, say: Say) -> None:
    """One page, from top to bottom."""
    plain, bold = _FONTS[card.language]
    width, height = A6
    y = height - _MARGIN - 4 * mm
    y = _line(canvas, card.sender, bold, 17, y)
    y = _line(canvas, say(card.language, "card.scan"), plain, 12, y - 1 * mm)
    y -= _QR_SIZE - 1 * mm
    _draw_qr(canvas, card, (width - _QR_SIZE) / 2, y)
    y = _line(canvas, say(card.language, "card.address"), plain, 12, y - 6 * mm)
    # Addresses and codes are read letter by letter: always in letters that are told apart.
    y = _line(canvas, card.address, _TYPED, _fitting(card.address, 13), y - 0.5 * mm)
    y = _line(canvas, say(card.language, "card.code"), plain, 12, y - 1 * mm)
    y = _line(canvas, card.code, _TYPED, 24, y - 3.5 * mm)
    y = _line(
        canvas, say(card.language, "card.call", telephone=card.telephone), bold, 12, y - 1 * mm
    )
    if card.texts_from:
        said = say(card.language, "card.from", senders=", ".join(card.texts_from))
        # A registered signature is in Chinese on a card in any language.
        y = _line(canvas, said, plain if said.isascii() else _CHINESE, 9.5, y - 1 * mm)
    _line(canvas, say(card.language, "card.keep"), plain, 9.5, y - 1 * mm)


def _fitting(words: str, size: float) -> float:
    """The size at which words that must not be broken fit a line; at most `size`."""
    room = A6[0] - 2 * _MARGIN
    needed: float = pdfmetrics.stringWidth(words, _TYPED, size)
    return min(size, size * float(room) / needed)


def _line(canvas: Any, words: str, font: str, size: float, y: float) -> float:
    """Centred words, wrapped at the margins, the first baseline at `y`; returns the next one's."""
    width, _ = A6
    for part in simpleSplit(words, font, size, width - 2 * _MARGIN):
        canvas.setFont(font, size)
        canvas.drawCentredString(width / 2, y, part)
        y -= size * 1.35
    return y


def _draw_qr(canvas: Any, card: Card, left: float, bottom: float) -> None:
    rows = [bytes(row) for row in qr_of(card).matrix]
    side = _QR_SIZE / len(rows)
    for up, row in enumerate(reversed(rows)):
        for across, dark in enumerate(row):
            if dark:
                # A hair wider than its place: no reader shows gaps between modules.
                canvas.rect(
                    left + across * side,
                    bottom + up * side,
                    side * 1.02,
                    side * 1.02,
                    stroke=0,
                    fill=1,
                )
