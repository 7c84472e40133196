"""The audit as a file that is verified without a database: seals, and the entries they cover."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from pro_service.domain.errors import ProServiceError
from pro_service.domain.seals import Seal, UnreadableSealError, read_seal
from pro_service.services.base.files import open_private
from pro_service.services.record.chain import Chain, Fault
from pro_service.services.record.verifying import Told, Verdict, silent
from pro_service.store.record import seals
from pro_service.store.record.seals import DirectConnection
from pro_service.vault.signing import PublicKeys

HEADER: Final = {"audit": "pro_service", "version": 1}


class AuditFileError(ProServiceError):
    """The file is not an exported audit, or cannot be written."""


async def export_audit(connection: DirectConnection, path: Path, *, told: Told = silent) -> Verdict:
    """Write every seal, each followed by the entries it covers; all of it or nothing.

    Entries are the texts the seals are over, so that whoever has the file hashes what stands there;
    of one whose words were moved into notes the hash stands for what was sealed (`moved`).
    What is not sealed yet is left out and counted. Raises AuditFileError.
    """
    with _new_file(path) as file:
        return await _write(connection, file, told)


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file that is there under its name once it is whole."""
    if path.exists():
        raise AuditFileError(f"{path} is there already.", mend="Name a new file.")
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with open_private(part) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise AuditFileError(f"{path} cannot be written ({error.strerror}).") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


async def _write(connection: DirectConnection, file: TextIO, told: Told) -> Verdict:
    written = Verdict()
    _line(file, HEADER)
    async with seals.one_state(connection):
        extent = await seals.get_extent(connection)
        async for seal in seals.list_seals(connection):
            file.write(f"{seal.as_json()}\n")
            async for one in seals.list_entries_of_seal(connection, seal.content.id):
                line = {"entry": one.text, "sha256": one.sha256.hex()}
                _line(file, {**line, "moved": True} if one.moved else line)
                written.entries += 1
            written.seals += 1
            told("seals", written.seals, extent.seals)
    written.unsealed = extent.entries - extent.sealed
    _line(file, {"end": written.seals, "entries": written.entries})
    return written


def _line(file: TextIO, document: Mapping[str, object]) -> None:
    file.write(f"{json.dumps(document, ensure_ascii=False)}\n")


def verify_file(
    path: Path, keys: PublicKeys, *, heads: Iterable[Seal] = (), told: Told = silent
) -> Verdict:
    """Verify an exported audit by itself: chain, entries, signatures, kept heads; no rows.

    Raises AuditFileError for what is no such file, naming the line.
    """
    chain = Chain(keys, heads)
    verdict = Verdict(faults=list(chain.heads()))
    try:
        with path.open(encoding="utf-8") as file:
            size = path.stat().st_size
            reading = _Reading(chain, verdict)
            for number, line in enumerate(file, start=1):
                try:
                    reading.take(number, line)
                except (UnreadableSealError, KeyError, TypeError, ValueError):
                    raise AuditFileError(
                        f"Line {number} of {path} is not one of an exported audit."
                    ) from None
                told("lines", min(reading.read, size), size)
            reading.finish()
    except (OSError, UnicodeDecodeError) as error:
        raise AuditFileError(f"{path} cannot be read ({type(error).__name__}).") from None
    verdict.seals = chain.seals
    verdict.faults += chain.end()
    return verdict


class _Reading:
    """An exported audit being read: the seal at hand, and the hash of its entries so far."""

    def __init__(self, chain: Chain, verdict: Verdict) -> None:
        self._chain, self._verdict = chain, verdict
        self._seal: Seal | None = None
        self._hash = hashlib.sha256()
        self._count = 0
        self._ended = False
        self.read = 0

    def take(self, number: int, line: str) -> None:
        """One line. Raises what an unreadable one raises."""
        self.read += len(line)
        said = json.loads(line)
        if number == 1:
            if said != HEADER:
                raise UnreadableSealError
        elif "entry" in said:
            self._entry(number, said["entry"], said["sha256"], moved=said.get("moved") is True)
        elif "end" in said:
            self._close()
            self._ended = True
            if (said["end"], said["entries"]) != (self._chain.seals, self._verdict.entries):
                self._verdict.faults.append(Fault("the file", "lines are missing from it"))
        else:
            self._close()
            self._seal = read_seal(line)
            self._hash = hashlib.sha256(self._seal.content.previous_sha256)
            self._count = 0

    def finish(self) -> None:
        """The end of the file."""
        self._close()
        if not self._ended:
            self._verdict.faults.append(Fault("the file", "it breaks off before its end"))

    def _entry(self, number: int, text: str, sha256: str, *, moved: bool) -> None:
        digest = bytes.fromhex(sha256) if moved else hashlib.sha256(text.encode()).digest()
        if digest.hex() != sha256:
            within = "" if self._seal is None else f", in seal {self._seal.content.id}"
            self._verdict.faults.append(
                Fault(f"line {number}{within}", "it is not what was sealed")
            )
        self._hash.update(digest)
        self._count += 1
        self._verdict.entries += 1

    def _close(self) -> None:
        if self._seal is not None:
            self._verdict.faults += self._chain.look(
                self._seal, entry_count=self._count, sha256=self._hash.digest()
            )
        self._seal = None
