"""A text over its template's limit is not sent silently: refused when loaded, or a call is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.services.study.previews import TextsTooLongError, preview_of
from pro_service.services.study.wording import show_stored_wording
from pro_service.store.pools import Pools
from tests.support.command import Commands
from tests.support.packs import load_nonsense, nonsense, write_pack
from tests.support.study import make_context, open_trial, row

NRS = "womac-nrs-3.1"


def wordy(words: int) -> dict[str, Any]:
    """Items of that many words."""
    items: dict[str, Any] = {}
    for item in load_instruments()[NRS].items:
        items[item.code] = {"text": "blorp " * words, "low_anchor": "none", "high_anchor": "all"}
    return items


async def load_by_force(owner: asyncpg.Connection, folder: Path, words: int) -> None:
    """A pack stored before a release that checks lengths."""
    from pro_service.services.study.wording import load_pack

    await load_pack(owner, load_nonsense(folder, NRS, items=wordy(words)), actor="test")


def test_the_shipped_study_fits_and_longer_words_are_named(tmp_path: Path) -> None:
    context = make_context("https://study.example")
    protocol = load_protocol_file(example_protocol_file()).protocol
    preview_of(context, protocol).check_lengths()
    context.catalogue.use_wordings([load_nonsense(tmp_path, NRS, items=wordy(150))])
    with pytest.raises(TextsTooLongError) as refused:
        preview_of(context, protocol).check_lengths()
    assert any("question.womac-nrs-3.1" in each for each in refused.value.problems)
    assert all("segments" in each for each in refused.value.problems)


async def test_too_long_a_pack_is_refused_and_not_stored(
    database_url: str, tmp_path: Path, owner: asyncpg.Connection
) -> None:
    commands = Commands(database_url)
    protocol = str(example_protocol_file())
    path = write_pack(tmp_path, nonsense(NRS) | {"items": wordy(150)})
    # Nothing is asked yet: the words alone are right, and a study that asks them is refused.
    assert (await commands.call("wording", "load", str(path))).code == 0
    refused = await commands.call("protocol", "load", protocol)
    assert (refused.code, "segments" in refused.err) == (1, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.protocol_versions") == 0
    short = write_pack(tmp_path, nonsense(NRS))
    assert (await commands.call("wording", "load", str(short))).code == 0
    assert (await commands.call("protocol", "load", protocol)).code == 0
    path = write_pack(tmp_path, nonsense(NRS) | {"items": wordy(150)})
    refused = await commands.call("wording", "load", str(path))
    assert (refused.code, "4 are allowed" in refused.err) == (1, True)
    assert await owner.fetchval("SELECT count(*) FROM pro.wording_packs") == 2


async def test_a_reminder_over_its_limit_sends_the_link_instead(
    database_url: str, tmp_path: Path, owner: asyncpg.Connection, pools: Pools
) -> None:
    async with open_trial(database_url) as trial:
        await load_by_force(owner, tmp_path, 100)
        await show_stored_wording(pools.worker, trial.context)
        await trial.enrol(row("K-001"))
        await trial.ask()
        (text,) = await trial.texts("K-001")
        assert "/q/" in text
        assert await trial.fetch("SELECT template, segments <= 3 FROM messages") == [
            ("reminder.link", True)
        ]


async def test_where_nothing_short_can_be_sent_the_reminder_ends_and_a_call_is_made(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        trial.context.public_url = f"https://{'a' * 500}.example"
        await trial.enrol(row("K-001", channel="link"))
        await trial.move_to_next_nudge()
        await trial.remind()
        assert await trial.texts("K-001") == []
        assert await trial.count("messages") == 0
        ended = await trial.fetch("SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL")
        assert ended == [("too_long",)]
        assert await trial.fetch("SELECT reason FROM call_tasks") == [("too_long",)]
