"""Rows of a file as a page carries them from its preview to the press that takes them.

The file itself is kept nowhere: what was read of it travels in the page that shows it, and is
checked again from the first cell when it is confirmed.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence

from pro_service.web.refusals import UnreadableFormError

Cells = Sequence[tuple[int, Mapping[str, str]]]
"""Rows by their number, each cell by its column."""


def pack(cells: Cells) -> str:
    """Rows as a page carries them."""
    return base64.b64encode(zlib.compress(json.dumps(cells).encode())).decode()


def unpack(packed: str, largest: int) -> Cells:
    """Rows as a page carried them, `largest` bytes unpacked at most.

    Raises UnreadableFormError for anything else.
    """
    try:
        opened = zlib.decompressobj()
        content = opened.decompress(base64.b64decode(packed, validate=True), largest)
        if opened.unconsumed_tail:
            raise UnreadableFormError
        rows = json.loads(content)
        return [
            (int(number), {str(name): str(cell) for name, cell in row.items()})
            for number, row in rows
        ]
    except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError):
        raise UnreadableFormError from None
