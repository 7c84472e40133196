"""A drill: a database restored beside the one in use, looked at, and what would be lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.key_check import demand_fitting_keys
from pro_service.services.keeping.checkup import BACKED_UP_WITHIN, Finding, State, wrong
from pro_service.services.keeping.replay import OVERLAP
from pro_service.services.record import verify
from pro_service.store.connection import Connection
from pro_service.store.journal import read_journal
from pro_service.store.keeping.drills import count_known
from pro_service.store.migrations import demand_whole, schema_state
from pro_service.store.record.seals import DirectConnection
from pro_service.vault.signing import PublicKeys
from pro_service.vault.vault import Vault

LOOKED_BACK: Final = timedelta(days=31)
"""So far back the journal is compared with what was restored."""


@dataclass(frozen=True)
class Restored:
    """What was restored: until when it goes (machine time), and what it is looked at with."""

    until: datetime
    now: datetime
    vault: Vault
    public_keys: PublicKeys | None = None
    journal: Path | None = None


async def look_at_restored(connection: DirectConnection, restored: Restored) -> list[Finding]:
    """Look at a restored database as an operator; nothing is changed in it."""
    findings = [judge_age(restored.now - restored.until)]
    try:
        demand_whole(await schema_state(connection), may_be_moved=True)
    except ProServiceError as error:
        return [*findings, wrong("schema", error)]
    findings.append(Finding("schema", State.well, "this release's"))
    try:
        await demand_fitting_keys(connection, restored.vault)
        findings.append(Finding("keys", State.well, "open what is stored"))
    except ProServiceError as error:
        findings.append(wrong("keys", error))
    findings.append(await _record(connection, restored.public_keys))
    return findings + await _journal(connection, restored)


def judge_age(age: timedelta) -> Finding:
    """How old what can be restored is."""
    said = f"goes until {timedelta(seconds=round(max(age.total_seconds(), 0)))} ago"
    if age <= BACKED_UP_WITHIN:
        return Finding("age", State.well, said)
    return Finding("age", State.wrong, said, "Back up every night, or archive the server's log.")


async def _record(connection: DirectConnection, keys: PublicKeys | None) -> Finding:
    """The chain of seals, the audit's entries, and the rows they describe."""
    if keys is None:
        mend = "Set PRO_SEAL_KEYS, or give --public-key to pro-service audit verify."
        return Finding("record", State.look, "the seals were not looked at", mend)
    verdict = await verify(connection, keys)
    if verdict.faults:
        said = f"{len(verdict.faults)} fault(s): {verdict.faults[0]}"
        return Finding("record", State.wrong, said, "See pro-service audit verify.")
    return Finding(
        "record",
        State.well,
        f"is what was sealed: {verdict.seals} seal(s) over {verdict.entries - verdict.unsealed}"
        f" entries, and the rows of {verdict.tables} tables",
    )


async def _journal(connection: Connection, restored: Restored) -> list[Finding]:
    """Whether what the journal says of before is there, and what it says of after."""
    if restored.journal is None:
        said = "no journal was given: whatever came after is lost but for paper and the provider"
        return [Finding("lost", State.look, said, "Keep one (PRO_JOURNAL_DIR); --journal FOLDER.")]
    try:
        reading = read_journal(restored.journal, restored.until - LOOKED_BACK)
    except ProServiceError as error:
        return [wrong("journal", error)]
    before = [one for one in reading.lines if one.at < restored.until - OVERLAP]
    people = {one.participant_id for one in before if one.kind == "enrolled"} - {None}
    texts = {one.message_id for one in before if one.kind == "send"} - {None}
    known = await count_known(
        connection,
        [one for one in people if one is not None],
        [one for one in texts if one is not None],
    )
    lacks = len(people) + len(texts) - known.participants - known.messages
    said = f"{len(people)} enrolment(s) and {len(texts)} text(s) of the month before"
    told = Finding("journal", State.well, f"{said} are all there")
    if lacks:
        told = Finding(
            "journal",
            State.look,
            f"of {said}, {lacks} are not there",
            "Their writes may have been refused; if there are many, it is another database's.",
        )
    after = Counter(one.kind for one in reading.lines if one.at >= restored.until)
    lost = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in after.most_common())
    return [
        told,
        Finding(
            "lost",
            State.well,
            f"if the database were lost now, the journal would bring back: {lost or 'nothing'};"
            " answers by page and what staff wrote since would be lost",
        ),
    ]
