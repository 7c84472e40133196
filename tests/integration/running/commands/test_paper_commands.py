"""`record copy` and `binder`: papers that are read without the system."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import asyncpg
import pytest

from pro_service.domain.study.permissions import Role
from pro_service.services.study.staff import make_staff
from tests.support.command import Commands

OUT = "--out"


@pytest.fixture
async def ivan(enrolled: Commands, owner: asyncpg.Connection) -> str:
    """The login of an investigator of the site."""
    study_id = await owner.fetchval("SELECT id FROM pro.studies")
    for login, role in (("ivan", Role.investigator), ("anna", Role.coordinator)):
        await make_staff(
            owner,
            study_id,
            login=login,
            password="nine long words nobody guesses",
            site="BJ01",
            role=role,
            actor="cli:test",
        )
    return "ivan"


async def test_a_copy_is_written_for_an_investigator_and_recorded_under_both_names(
    enrolled: Commands, owner: asyncpg.Connection, ivan: str, tmp_path: Path
) -> None:
    copy = ("record", "copy", "K-001", OUT, str(tmp_path / "out"), "--by")
    done = await enrolled.call(*copy, ivan)
    assert done.code == 0, done.err
    files = sorted((tmp_path / "out").iterdir())
    assert [one.name for one in files] == ["record-K-001.html", "record-K-001.pdf"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert "Record of K-001" in files[0].read_text()
    kept = await owner.fetchrow("SELECT narrowed_by, actor FROM pro.data_out")
    assert tuple(kept) == ("code=K-001&typed_by=cli:test", "staff:ivan")
    again = await enrolled.call(*copy, ivan)
    assert (again.code, "is there already" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("code", "by", "more", "said"),
    [
        ("K-001", "anna", (), "does not do this"),
        ("K-001", "nobody", (), "staff list"),
        ("K-009", "ivan", (), "nothing of this name"),
        ("K-001", "ivan", ("--language", "fr"), "One of en, zh_CN"),
    ],
)
async def test_what_cannot_be_copied_is_one_line_and_leaves_nothing(
    enrolled: Commands,
    owner: asyncpg.Connection,
    ivan: str,
    tmp_path: Path,
    code: str,
    by: str,
    more: tuple[str, ...],
    said: str,
) -> None:
    folder = tmp_path / "out"
    refused = await enrolled.call("record", "copy", code, OUT, str(folder), "--by", by, *more)
    assert (refused.code, said in refused.err) == (1, True), refused.err
    assert not folder.exists()
    assert await owner.fetchval("SELECT count(*) FROM pro.data_out") == 0


async def test_the_binder_holds_every_screen_and_text_with_hashes_and_the_public_key(
    commands: Commands, tmp_path: Path
) -> None:
    folder = tmp_path / "binder"
    done = await commands.call("binder", OUT, str(folder))
    assert done.code == 0, done.err
    html = (folder / "binder.html").read_text()
    key = (await commands.call("keys", "public")).out.strip()
    assert key in html
    assert "Neutral labels: no licensed wording is loaded" in html
    assert "Screens: " in html
    for language in ("English", "Chinese"):
        assert f"Words of participants&#39; pages, {language}" in html
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    again = await commands.call("binder", OUT, str(folder))
    assert (again.code, "is there already" in again.err) == (1, True)
