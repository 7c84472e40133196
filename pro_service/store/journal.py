"""The journal kept apart from the database: what a restore must not forget.

One JSON line for each stop, death, status, end of a safety follow-up, number gone bad or changed,
and text sent: ids, kinds
and instants, never a number, a name or a word of anybody's. It is forced to disk before the write
it tells of begins (`store.connection.write` calls `keep`), so whatever was committed is in it. A
line whose write did not commit is harmless:

- opt_out, consent_withdrawn, restricted, status, death, bad_number: somebody said so. At worst a
  person is not written to until somebody has looked; every replayed line is shown to a person
  before sending goes on.
- opt_out_ended, consent_given, restriction_lifted, number_added, enrolled, safety_ended,
  death_struck: never replayed, only shown.
- number_ended, number_wrong: the number is asked for anew.
- erasure: two persons said so, and it is done again.
- send: the text counts as sent and is never sent again; the provider is asked.

A line is the same whether it stands there once or five times.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from pydantic import Field, ValidationError

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.study.follow_up.call_keys import BAD_NUMBER
from pro_service.store.ids import made_at, new_id
from pro_service.store.writes import (
    CallRow,
    EndedReminderRow,
    ErasureRow,
    EventRow,
    FurtherConsentRow,
    LineCallRow,
    OptOutRow,
    ReminderMessageRow,
    ReplyMessageRow,
    RestrictionRow,
    SafetyEndRow,
    StatusRow,
)

LineKind = Literal[
    "opt_out",
    "opt_out_ended",
    "consent_withdrawn",
    "consent_given",
    "restricted",
    "restriction_lifted",
    "status",
    "death",
    "death_struck",
    "bad_number",
    "number_ended",
    "number_wrong",
    "number_added",
    "enrolled",
    "erasure",
    "safety_ended",
    "send",
]
SUFFIX: Final = ".jsonl"
BAD_NUMBERS: Final = frozenset({BAD_NUMBER, "wrong_number"})
"""Reasons of a call task that say that texts must not go to the number."""


class JournalError(ProServiceError):
    """The journal cannot be written, so nothing was changed."""


class JournalUnreadableError(ProServiceError):
    """The journal cannot be read."""


class SentNudge(Record):
    """Which nudge of which visit a text was."""

    visit_id: UUID
    schedule_revision: int
    ordinal: int


class JournalLine(Record):
    """One line. What it does not say is None; `id` is a UUIDv7, its time is the line's instant."""

    id: UUID = Field(default_factory=new_id)
    kind: LineKind
    study_id: UUID
    participant_id: UUID | None = None
    line_id: UUID | None = None
    """Of an opt-out or a text: the line between one of our addresses and a number or address."""
    contact_id: UUID | None = None
    """Of a number that ended or was somebody else's, or of a contact who agrees no more: the
    contact, never the number."""
    part: str | None = None
    """Of a consent: what was given or taken back; None: a version was signed, or it is the own
    consent of the contact that is named."""
    status: str | None = None
    ground: str | None = None
    """Of an erasure: why it was allowed."""
    occurred_at: datetime | None = None
    """Of a death (study time)."""
    message_id: UUID | None = None
    dedupe_key: str | None = None
    """None of a text that was tried again: its message was stored before."""
    provider: str | None = None
    """Of a text: who was given it."""
    nudges: tuple[SentNudge, ...] = ()

    @property
    def at(self) -> datetime:
        """When it was written (machine time)."""
        return made_at(self.id)


class JournalReading(NamedTuple):
    """The lines since an instant, in their order, and the places of what cannot be read."""

    lines: list[JournalLine]
    unreadable: list[str]


class Journal:
    """Appends lines to one file a day in `folder`; a process has files of its own."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing. Raises JournalError."""
        self._folder = folder
        self._lock = threading.Lock()
        self._file: Path | None = None
        self._descriptor = -1
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from None

    def append(self, lines: Sequence[JournalLine]) -> None:
        """Write the lines and force them to disk. Raises JournalError."""
        text = "".join(f"{one.model_dump_json(exclude_defaults=True)}\n" for one in lines)
        with self._lock:
            try:
                self._open(f"{made_at(lines[0].id):%Y-%m-%d}")
                _write_all(self._descriptor, text.encode("utf-8"))
                os.fsync(self._descriptor)
            except OSError as error:
                # A torn line ends its file; what comes next begins another.
                self._close()
                raise _unwritable(self._folder, error) from None

    def _open(self, day: str) -> None:
        if self._file is not None and self._file.name.startswith(day):
            return
        self._close()
        path = self._folder / f"{day}-{new_id().hex}{SUFFIX}"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = path
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._descriptor)
        self._file = None

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._close()


def _write_all(descriptor: int, text: bytes) -> None:
    while text:
        text = text[os.write(descriptor, text) :]


def _unwritable(folder: Path, error: OSError) -> JournalError:
    return JournalError(
        f"The journal in {folder} cannot be written ({error.strerror}); nothing was changed.",
        mend="See that PRO_JOURNAL_DIR names a folder with room that the service may write to.",
    )


class _Kept:
    """The journal of this process; None: none is kept."""

    journal: Journal | None = None


@contextmanager
def journal_in(folder: Path | None) -> Iterator[None]:
    """Keep a journal in `folder` (None: keep none) for every write of this process until the end.

    Raises JournalError.
    """
    before, _Kept.journal = _Kept.journal, None if folder is None else Journal(folder)
    try:
        yield
    finally:
        if _Kept.journal is not None:
            _Kept.journal.close()
        _Kept.journal = before


def is_kept() -> bool:
    """Whether this process keeps a journal: else nobody need say what belongs into it."""
    return _Kept.journal is not None


async def keep(lines: Sequence[JournalLine]) -> None:
    """Write lines before the write they tell of, where a journal is kept. Raises JournalError."""
    journal = _Kept.journal
    if journal is not None and lines:
        await asyncio.to_thread(journal.append, lines)


def lines_of(parameters: Sequence[Any]) -> list[JournalLine]:
    """What a guarded statement with these parameters does that a restore must not forget.

    Its document is the last of them, the study the first, and the participant the second where
    there is a guard.
    """
    document = parameters[-1] if parameters else None
    if not is_dataclass(document) or not isinstance(parameters[0], UUID):
        return []
    guarded = parameters[1] if isinstance(parameters[1], UUID) else None
    return journal_lines(document, parameters[0], guarded)


def journal_lines(
    document: Any, study_id: UUID, participant_id: UUID | None = None
) -> list[JournalLine]:
    """The lines of a write document, whatever statement takes it, by the rows it carries."""
    rows: list[Any] = []
    for each in fields(document):
        value = getattr(document, each.name)
        rows += value if isinstance(value, list) else [value]
    nudges = [row for row in rows if isinstance(row, EndedReminderRow)]
    said = (_line_of(row, study_id, participant_id, nudges) for row in rows)
    lines = [one for one in said if one is not None]
    lines += [
        JournalLine(kind="opt_out_ended", study_id=study_id, line_id=line_id)
        for line_id in getattr(document, "opt_ins", ())
    ]
    # A wave carries a document of its own for each participant.
    for one in getattr(document, "claims", ()):
        lines += journal_lines(one.claim, study_id, one.participant_id)
    return lines


def _line_of(
    row: object, study_id: UUID, guarded: UUID | None, nudges: Sequence[EndedReminderRow]
) -> JournalLine | None:
    """The line of one row; None for a row that a restore may forget."""
    whose = getattr(row, "participant_id", None) or guarded
    if isinstance(row, OptOutRow):
        return JournalLine(
            kind="opt_out", study_id=study_id, participant_id=whose, line_id=row.line_id
        )
    if isinstance(row, StatusRow):
        return JournalLine(
            kind="status", study_id=study_id, participant_id=whose, status=row.status
        )
    if isinstance(row, EventRow) and row.kind == "death" and row.occurred_at is not None:
        return JournalLine(
            kind="death", study_id=study_id, participant_id=whose, occurred_at=row.occurred_at
        )
    if isinstance(row, EventRow) and row.kind == "death":
        return JournalLine(kind="death_struck", study_id=study_id, participant_id=whose)
    if isinstance(row, FurtherConsentRow):
        kept = row.part is None or bool(getattr(row, row.part))
        kind: LineKind = "consent_given" if kept else "consent_withdrawn"
        return JournalLine(kind=kind, study_id=study_id, participant_id=whose, part=row.part)
    if isinstance(row, RestrictionRow):
        kind = "restricted" if row.restricted else "restriction_lifted"
        return JournalLine(kind=kind, study_id=study_id, participant_id=whose)
    if isinstance(row, ErasureRow) and row.step != "asked":
        return JournalLine(
            kind="erasure", study_id=study_id, participant_id=whose, ground=row.ground
        )
    if isinstance(row, SafetyEndRow):
        return JournalLine(kind="safety_ended", study_id=study_id, participant_id=whose)
    if isinstance(row, CallRow | LineCallRow) and row.reason in BAD_NUMBERS:
        return JournalLine(kind="bad_number", study_id=study_id, participant_id=whose)
    if isinstance(row, ReminderMessageRow | ReplyMessageRow) and row.state is None:
        return JournalLine(
            kind="send",
            study_id=study_id,
            participant_id=whose,
            line_id=row.line_id,
            message_id=row.id,
            dedupe_key=row.dedupe_key,
            provider=row.provider,
            nudges=tuple(
                SentNudge(
                    visit_id=one.visit_id,
                    schedule_revision=one.schedule_revision,
                    ordinal=one.ordinal,
                )
                for one in nudges
                if one.message_id == row.id
            ),
        )
    return None


def read_journal(folder: Path, since: datetime) -> JournalReading:
    """Every line written at `since` or after (machine time), in order.

    What cannot be read is named and left out: the torn end of a file, whose write was refused, or
    a line of a later release. Raises JournalUnreadableError.
    """
    lines: dict[UUID, JournalLine] = {}
    unreadable: list[str] = []
    try:
        files = sorted(folder.glob(f"*{SUFFIX}"))
        if not folder.is_dir():
            raise NotADirectoryError(20, "no such folder")
        for path in files:
            with path.open("rb") as source:
                for number, text in enumerate(source, start=1):
                    try:
                        line = JournalLine.model_validate_json(text)
                    except ValidationError:
                        unreadable.append(f"{path.name}:{number}")
                        continue
                    if line.at >= since:
                        lines[line.id] = line
    except OSError as error:
        raise JournalUnreadableError(
            f"The journal in {folder} cannot be read ({error.strerror}).",
            mend="Name the folder that PRO_JOURNAL_DIR named, with every server's files in it.",
        ) from None
    return JournalReading(sorted(lines.values(), key=lambda one: one.id), unreadable)
