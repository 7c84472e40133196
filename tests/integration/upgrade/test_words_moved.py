"""What staff wrote under an older release is moved into sealed notes, and says the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import unescape
from typing import Final

import asyncpg
import pytest

from pro_service.services.record import Moved, count_words, move_words, moving
from pro_service.services.study.staff import make_staff
from pro_service.store.pools import connect
from pro_service.store.record import words as store
from pro_service.vault.places import WORDS
from tests.support.audit import Audit
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.record.words import places_of
from tests.support.study import ACTOR, Trial
from tests.support.web import browsing

KNOWN: Final = ("Rang her; comes in tomorrow", "visits her sister in hospital")


@pytest.fixture
async def owner(lived: Trial, lived_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """The schema's owner, as `migrate` is."""
    connection = await connect(lived_url, role="pro_owner", actor="cli:migrate")
    yield connection
    await connection.close()


async def clear_words(owner: asyncpg.Connection[asyncpg.Record]) -> set[str]:
    """Everything staff wrote that stands in the clear; of an outcome also the note alone."""
    said = {one.said for one in await store.list_words_in_rows(owner)}
    said |= {one.said for one in await store.list_words_in_entries(owner)}
    return said | {text.partition(": ")[2] for text in said if ": " in text}


async def test_no_word_of_staff_is_left_and_the_seals_verify(
    lived: Trial, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    words = await clear_words(owner)
    assert all(any(known in one for one in words) for known in KNOWN)
    before = set(await places_of(owner, words))
    assert {"alerts.action", "call_tasks.outcome", "audit_entries_rest.changes"} <= before
    audit = Audit(lived)
    vault = lived.context.keys.vault
    moved = await move_words(owner, vault)
    assert moved.rows > 20
    assert moved.entries > 20
    assert moved.left == 0
    assert await clear_words(owner) == set()
    long = {one for one in words if len(one) > 12}
    assert await places_of(owner, [*long, *KNOWN]) == {}
    await audit.seal_everything()
    assert await audit.faults() == []
    assert await moving.list_unlike(owner, vault) == []
    opened = set()
    for row in await owner.fetch("SELECT id, words_sealed, words_key FROM pro.notes"):
        await lived.context.keys.open_key(lived.operator, lived.study_id, row["words_key"])
        opened.add(WORDS.open(vault, row["words_sealed"], key=row["words_key"], row_id=row["id"]))
    assert opened <= words
    assert all(any(known in one for one in opened) for known in KNOWN)


async def test_the_desk_shows_what_was_written_before(
    lived: Trial, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    rows = await owner.fetch(
        "SELECT p.code, s.code AS site, x.action FROM pro.alerts AS x"
        " JOIN pro.participants AS p ON p.id = x.participant_id"
        " JOIN pro.participant_sites AS t ON t.participant_id = p.id AND t.valid_to IS NULL"
        " JOIN pro.sites AS s ON s.id = t.site_id WHERE x.action IS NOT NULL ORDER BY x.id"
    )
    code, site, action = rows[0]
    await make_staff(
        lived.operator,
        lived.study_id,
        login="anna",
        password=PASSWORD,
        site=site,
        role="coordinator",
        actor=ACTOR,
    )
    await move_words(owner, lived.context.keys.vault)
    async with browsing(lived.server) as browser:
        await sign_in(browser)
        status, html = await page(browser, f"/desk/participants/{code}")
    assert (status, "note:" in html) == (200, False)
    assert action in unescape(html)


async def test_moved_twice_changes_nothing_more(
    lived: Trial, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    vault = lived.context.keys.vault
    assert await count_words(owner) > 0
    await move_words(owner, vault)
    entries, notes = await lived.count("audit_entries"), await lived.count("notes")
    assert await count_words(owner) == 0
    assert await move_words(owner, vault) == Moved()
    await owner.execute("DELETE FROM pro.word_moves")
    assert await move_words(owner, vault) == Moved()
    assert (await lived.count("audit_entries"), await lived.count("notes")) == (entries, notes)


@pytest.mark.thorough
async def test_broken_off_in_the_middle_it_goes_on_with_what_is_left(
    lived: Trial,
    owner: asyncpg.Connection[asyncpg.Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moving, "AT_ONCE", 1)
    vault = lived.context.keys.vault
    people = await count_words(owner)
    assert people > 3

    def stop(done: int, _of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move_words(owner, vault, told=stop)
    assert await count_words(owner) == people - 2
    await move_words(owner, vault)
    assert await clear_words(owner) == set()
    assert await places_of(owner, KNOWN) == {}
    assert await moving.list_unlike(owner, vault) == []
