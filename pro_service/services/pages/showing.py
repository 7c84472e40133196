"""Which answers a page may show: those this very device gave, in a sitting that was not sent (R5).

A link, a card or a code may be in other hands than the participant's, so they alone show no answer.
Whoever gave an answer on this device knows it; the device is told so in a cookie, a mark a sitting,
which we sign and nobody else can make. Answers that were sent are shown to nobody. The year of
birth opens none: the coordinator typed it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.vault.vault import Vault

MOST_SITTINGS: Final = 12
"""Marks of so many sittings are kept, the last begun: a cookie is small."""
_MARK: Final = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9a-f]{1,64})\.([A-Za-z0-9_-]{16})")


class GivenHere(NamedTuple):
    """An answer that a device has just given: the sitting, and the item's place in it, from 0."""

    sitting_id: UUID
    place: int


@dataclass(frozen=True)
class DeviceMemory:
    """Which answers were given on one device, by sitting: a bit for each item's place."""

    given: Mapping[UUID, int] = field(default_factory=dict)

    def with_given(self, answers: Iterable[GivenHere]) -> DeviceMemory:
        """The same with further answers."""
        bits = dict(self.given)
        for one in answers:
            bits[one.sitting_id] = bits.get(one.sitting_id, 0) | 1 << one.place
        # Ids are made in the order of time: the first ones are the oldest.
        return DeviceMemory(dict(sorted(bits.items())[-MOST_SITTINGS:]))


NO_MEMORY: Final = DeviceMemory()


def shown_places(device: DeviceMemory, sitting_id: UUID | None) -> int:
    """A bit for each place of a sitting that was not sent whose answer a page may show.

    Of any other the page says that the question is answered, and goes on at the next open one.
    """
    return 0 if sitting_id is None else device.given.get(sitting_id, 0)


@lru_cache(maxsize=1000)
def read_memory(vault: Vault, cookie: str) -> DeviceMemory:
    """What a device brought along; marks that are not ours are as if they were not there.

    A page asks several times, and the next one brings most of them again: so both are remembered.
    """
    given: dict[UUID, int] = {}
    for text in cookie.split("~")[: 2 * MOST_SITTINGS]:
        found = _MARK.fullmatch(text)
        if found is None:
            continue
        sitting_id, bits = _sitting(found[1]), int(found[2], 16)
        if sitting_id is not None and hmac.compare_digest(_sign(vault, sitting_id, bits), found[3]):
            given[sitting_id] = bits
    return DeviceMemory(given)


def write_memory(vault: Vault, device: DeviceMemory) -> str:
    """The cookie for a device."""
    return "~".join(
        f"{_short(sitting_id)}.{bits:x}.{_sign(vault, sitting_id, bits)}"
        for sitting_id, bits in device.given.items()
    )


@lru_cache(maxsize=2000)
def _sign(vault: Vault, sitting_id: UUID, bits: int) -> str:
    return vault.device_mark(sitting_id, f"{bits:x}".encode("ascii"))


def _short(sitting_id: UUID) -> str:
    return base64.urlsafe_b64encode(sitting_id.bytes).decode("ascii").rstrip("=")


def _sitting(text: str) -> UUID | None:
    """The sitting of its short name; None for another spelling of the same bytes."""
    try:
        found = UUID(bytes=base64.urlsafe_b64decode(f"{text}=="))
    except (ValueError, binascii.Error):
        return None
    return found if _short(found) == text else None
