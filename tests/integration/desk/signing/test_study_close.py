"""`study close`: not while anybody must be reached; each site's record in files; no text goes."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import status_of
from pro_service.services.visits import end_safety_for
from pro_service.store.connection import StudyClosedError
from tests.integration.desk.signing.test_commands import commands_on
from tests.integration.desk.signing.test_signing import correct, sign
from tests.support.desk import sign_in
from tests.support.study import ACTOR, Trial, row
from tests.support.web import browsing

CLOSE = ("study", "close", "--reason", "last visit was in May")


def sums_of(folder: Path) -> dict[str, str]:
    """What a list of check sums says, by name."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (one.split("  ") for one in lines)}


async def test_each_sites_record_is_handed_over_and_nobody_is_written_to_again(
    trial: Trial, tmp_path: Path
) -> None:
    commands = commands_on(trial)
    async with browsing(trial.server) as ines:
        await sign_in(ines, "ines")
        await sign(ines)
    folder = tmp_path / "out"
    done = await commands.call(*CLOSE, "--preview")
    assert (done.code, "BJ01: 2 participants, 2 of whom" in done.out) == (0, True), done.err
    assert "Hinders it: K-001 safety" in done.out
    done = await commands.call(*CLOSE, "--out", str(folder))
    assert (done.code, "K-001: safety follow-up runs" in done.err) == (1, True)
    assert not folder.exists()
    for code in ("K-001", "K-002"):
        await end_safety_for(trial.who(code), "ines", actor=ACTOR, reason="reached by telephone")
    done = await commands.call(*CLOSE, "--out", str(folder), "--for", "BJ01=anna")
    assert (done.code, "anna is no investigator at BJ01" in done.err) == (1, True)
    await correct(trial)
    done = await commands.call(*CLOSE, "--out", str(folder))
    assert (done.code, "is closed. SHA-256" in done.out) == (0, True), done.err

    here = folder / "BJ01"
    names = {one.name for one in here.iterdir()} - {"SHA256SUMS"}
    assert names == {
        *("audit.csv", "binder.html", "binder.pdf"),
        *(f"record-{code}.{kind}" for code in ("K-001", "K-002") for kind in ("html", "pdf")),
    }
    for of in (here, folder):
        for name, digest in sums_of(of).items():
            assert hashlib.sha256((of / name).read_bytes()).hexdigest() == digest
    assert sums_of(here).keys() == names
    copy = (here / "record-K-001.html").read_text()
    assert "Dr Ines Berg" in copy
    assert "Void: what was signed has changed." in copy
    assert b"K-002," in (here / "audit.csv").read_bytes()
    kept = await trial.fetch("SELECT sums_sha256, participants FROM study_closings")
    whole = hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()
    assert kept == [(whole, 2)]

    before = len(await trial.texts("K-001"))
    for code in ("K-001", "K-002"):
        assert status_of(await trial.facts(code)) is Status.completed
    for _ in range(4):
        await trial.move(timedelta(days=5))
        await trial.remind()
    assert len(await trial.texts("K-001")) == before
    with pytest.raises(StudyClosedError):
        await trial.enrol(row("K-009"))
    done = await commands.call(*CLOSE, "--out", str(tmp_path / "again"))
    assert (done.code, "was closed on" in done.err) == (1, True)
