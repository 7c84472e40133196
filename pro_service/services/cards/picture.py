"""The picture on a card: its QR code."""

from __future__ import annotations

from io import BytesIO

import segno

from pro_service.services.cards.cards import Card


def qr_of(card: Card) -> segno.QRCode:
    """The card's picture; a quarter of it may be damaged and it still reads."""
    return segno.make(card.link, error="q", micro=False)


def qr_svg(card: Card) -> bytes:
    """The picture as an SVG file without any style of its own."""
    out = BytesIO()
    qr_of(card).save(out, kind="svg", border=4, omitsize=True, light="#fff", svgclass=None)
    return out.getvalue()
