"""The record by commands: the audit read, allocations loaded, and nothing told that must not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from pro_service.services.study.staff import make_staff
from pro_service.store.pools import connect
from tests.support.command import Commands
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR

ARM = "canary-arm-cells"


@pytest.fixture
async def held(enrolled: Commands, database_url: str) -> Commands:
    """A study with K-001, and somebody who holds its allocation."""
    operator = await connect(database_url, role="pro_operator", actor=ACTOR)
    try:
        study_id = await operator.fetchval("SELECT id FROM pro.studies")
        await make_staff(
            operator,
            study_id,
            login="hal",
            password=PASSWORD,
            site=None,
            role="allocation_holder",
            actor=ACTOR,
        )
    finally:
        await operator.close()
    return enrolled


async def test_the_audit_is_listed_narrowed_and_taken_out(held: Commands, tmp_path: Path) -> None:
    done = await held.call("audit", "list", "--participant", "K-001", "--thing", "consents")
    assert done.code == 0, done.err
    assert "(command)  insert consents" in done.out
    assert "version=" in done.out
    assert "responses" not in done.out
    file = tmp_path / "audit.csv"
    done = await held.call("audit", "list", "--participant", "K-001", "--csv", str(file))
    assert done.code == 0, done.err
    assert "K-001,version" in file.read_text(encoding="utf-8-sig")
    done = await held.call("audit", "list", "--thing", "shown")
    assert "what=audit" in done.out
    for words, said in (
        (("--participant", "X-9"), "There is no participant X-9."),
        (("--before", "what"), "no place in the audit"),
        (("--thing", "what"), "one of participants"),
    ):
        done = await held.call("audit", "list", *words)
        assert done.code != 0
        assert said in done.err


async def test_allocations_are_looked_at_loaded_once_and_never_told(
    held: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "arms.csv"
    file.write_text(f"participant,arm\nK-001,{ARM}\n", encoding="utf-8")
    load = ("allocation", "load", str(file), "--by", "hal", "--reason", "randomised")
    done = await held.call(*load, "--preview")
    assert done.code == 0, done.err
    assert "nothing was written" in done.out
    done = await held.call(*load)
    assert done.code == 0, done.err
    assert "1 allocations are kept, sealed." in done.out
    done = await held.call(*load)
    assert done.code == 1
    assert "kept already" in done.err
    done = await held.call("audit", "list", "--thing", "allocation")
    assert "held_by=hal" in done.out
    assert not any(ARM in text for text in held.written)
