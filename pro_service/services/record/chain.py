"""The chain of seals, looked at one seal after another: links, ranges, signatures, kept heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pro_service.domain.seals import SIGNED_FORMAT, Seal
from pro_service.vault.signing import PublicKeys, Signature

FIRST_XACT = "0"


class Fault(NamedTuple):
    """One thing that is not as it was sealed: where, and what."""

    place: str
    words: str

    def __str__(self) -> str:
        """A line for people."""
        return f"{self.place}: {self.words}"


class Chain:
    """What has been seen of a chain so far. Memory grows with the kept heads alone."""

    def __init__(self, keys: PublicKeys, heads: Iterable[Seal] = ()) -> None:
        """Keep the public keys, and the heads to compare with, which are verified themselves."""
        self._keys = keys
        self._heads: dict[int, list[Seal]] = {}
        for head in heads:
            self._heads.setdefault(head.content.id, []).append(head)
        self._last: Seal | None = None
        self.seals = 0
        self.signed = 0

    def look(self, seal: Seal, *, entry_count: int, sha256: bytes | None) -> Iterator[Fault]:
        """What is wrong with the next seal, whose entries were counted and hashed again."""
        content, last = seal.content, self._last
        place = f"seal {content.id}"
        if content.entry_count != entry_count:
            words = f"it covers {content.entry_count} entries, and {entry_count} are there"
            yield Fault(place, words)
        elif content.sha256 != sha256:
            yield Fault(place, "its hash does not follow from the entries it covers")
        if content.previous_sha256 != (b"" if last is None else last.content.sha256):
            yield Fault(place, f"it does not follow {_name(last)}")
        elif not _adjoins(last, seal):
            yield Fault(place, f"its range leaves out or repeats what comes after {_name(last)}")
        yield from (Fault(place, words) for words in self._signature(seal))
        if any(head.content != content for head in self._heads.pop(content.id, ())):
            yield Fault(place, "it is not the seal of this number whose head was kept")
        self._last = seal
        self.seals += 1

    def end(self) -> Iterator[Fault]:
        """What is wrong with the chain as a whole, once every seal was looked at."""
        if self.seals and not self.signed:
            yield Fault("the seals", "none of them is signed")
        for number, heads in sorted(self._heads.items()):
            when = f"{heads[-1].content.sealed_at:%Y-%m-%d %H:%M:%S} UTC"
            yield Fault(
                f"kept head of seal {number}",
                f"the seal of {when} is gone: the newest seals were cut off",
            )

    def heads(self) -> Iterator[Fault]:
        """Heads that are not signed by a known key: they say nothing."""
        for number, heads in sorted(self._heads.items()):
            if any(_false_signature(self._keys, head) for head in heads):
                yield Fault(f"kept head of seal {number}", "its signature is not true")

    def _signature(self, seal: Seal) -> Iterator[str]:
        if seal.format == SIGNED_FORMAT:
            self.signed += 1
            if seal.key_id is not None and not self._keys.knows(seal.key_id):
                yield f"it is signed by the key {seal.key_id}, whose public key was not given"
            elif _false_signature(self._keys, seal):
                yield "its signature is not true"
        elif self.signed:
            yield "it is not signed, though seals before it are"


def _false_signature(keys: PublicKeys, seal: Seal) -> bool:
    if seal.key_id is None or seal.signature is None:
        return True
    signature = Signature(seal.key_id, seal.signature)
    return not keys.verifies(seal.content.text(seal.key_id), signature)


def _adjoins(last: Seal | None, seal: Seal) -> bool:
    content = seal.content
    if last is None:
        return content.first_xact_id == FIRST_XACT
    if last.content.generation == content.generation:
        in_turn = seal.format != SIGNED_FORMAT or content.id == last.content.id + 1
        return in_turn and content.first_xact_id == last.content.below_xact_id
    return last.content.generation < content.generation and content.first_xact_id == FIRST_XACT


def _name(last: Seal | None) -> str:
    return "nothing, though it is the first" if last is None else f"seal {last.content.id}"
