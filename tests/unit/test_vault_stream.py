"""A sealed stream is whole or refused: cut, swapped, joined, altered, under another key."""

from __future__ import annotations

import io

import pytest

from pro_service.vault.keys import KeyRing
from pro_service.vault.stream import (
    CHUNK_BYTES,
    StreamBrokenError,
    StreamWriter,
    read_stream,
)

RING = KeyRing.generate("b1")
TEXT = bytes(range(256)) * (CHUNK_BYTES // 256) * 2 + b"the end"
"""Two whole chunks and a short one."""


def written(text: bytes, ring: KeyRing | None) -> bytes:
    file = io.BytesIO()
    stream = StreamWriter(file, ring)
    for start in range(0, len(text), 300_000):
        stream.write(text[start : start + 300_000])
    stream.finish()
    return file.getvalue()


def read(sealed: bytes, ring: KeyRing | None) -> bytes:
    return b"".join(read_stream(io.BytesIO(sealed), ring))


def parts(sealed: bytes) -> list[bytes]:
    """The first line and the chunks with their frames."""
    end = sealed.index(b"\n") + 1
    found, rest = [sealed[:end]], sealed[end:]
    while rest:
        length = 5 + int.from_bytes(rest[1:5], "big")
        found.append(rest[:length])
        rest = rest[length:]
    return found


@pytest.mark.parametrize("ring", [None, RING])
@pytest.mark.parametrize("text", [b"", b"short", TEXT[:CHUNK_BYTES], TEXT])
def test_what_was_written_is_read(text: bytes, ring: KeyRing | None) -> None:
    assert read(written(text, ring), ring) == text


def test_nothing_of_it_stands_in_the_clear() -> None:
    assert b"the end" not in written(TEXT, RING)
    assert b"the end" in written(TEXT, None)


@pytest.mark.parametrize("ring", [None, RING])
def test_every_way_of_putting_it_together_anew_is_found(ring: KeyRing | None) -> None:
    head, one, two, three = parts(written(TEXT, ring))
    other = parts(written(TEXT, ring))
    last_made_of_two = b"\x01" + two[1:]
    for forged in (
        head + two + one + three,
        head + one + three,
        head + one + one + two + three,
        head + one + two,
        head + one + last_made_of_two,
        head + one + other[2] + three,
        other[0] + one + two + three,
        head + one + two + three + three,
        head + one + two + three[:-1],
        head[:-1],
        b"",
    ):
        with pytest.raises(StreamBrokenError):
            read(forged, ring)


@pytest.mark.parametrize("ring", [None, RING])
def test_a_bit_changed_anywhere_is_found(ring: KeyRing | None) -> None:
    sealed = written(b"a few words", ring)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 4
        with pytest.raises(Exception, match=r"^(The file|Chunk|No key|The backup)"):
            read(bytes(changed), ring)


def test_what_was_read_before_the_damage_is_right() -> None:
    head, one, two, _ = parts(written(TEXT, RING))
    chunks = read_stream(io.BytesIO(head + one + two[:-1] + b"\0"), RING)
    assert next(chunks) == TEXT[:CHUNK_BYTES]
    with pytest.raises(StreamBrokenError, match="Chunk 2"):
        next(chunks)
