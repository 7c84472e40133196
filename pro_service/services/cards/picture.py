"""The pictures on cards, and of addresses: QR codes."""

from __future__ import annotations

from io import BytesIO

import segno

from pro_service.services.cards.cards import Card


def contact_svg(vcard: str) -> bytes:
    """A contact card as a picture that a telephone's camera reads and saves."""
    return _svg(segno.make(vcard, error="m", micro=False, encoding="utf-8"))


def address_svg(address: str) -> bytes:
    """An address as a picture that a camera opens."""
    return _svg(segno.make(address, error="m", micro=False))


def qr_of(card: Card) -> segno.QRCode:
    """The card's picture; a quarter of it may be damaged and it still reads."""
    return segno.make(card.link, error="q", micro=False)


def qr_svg(card: Card) -> bytes:
    """The picture as an SVG file without any style of its own."""
    return _svg(qr_of(card))


def _svg(picture: segno.QRCode) -> bytes:
    out = BytesIO()
    picture.save(out, kind="svg", border=4, omitsize=True, light="#fff", svgclass=None)
    return out.getvalue()
