"""A study lived for 400 days under an older release goes on under this one, and says the same."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

import aiohttp
import pytest

from pro_service.services.exports.export import export
from pro_service.vault.places import INBOUND_BODY, LINE_ADDRESS, MESSAGE_BODY, NUMBER, TYPED_ANSWER
from tests.support.audit import Audit, tamper
from tests.support.lived import (
    LATE,
    about,
    as_exported_before,
    exported_at,
    in_milliseconds,
    old_export,
)
from tests.support.study import Trial

COMPARED = ("scores.csv", "items.csv", "endpoints.csv", "instruments.csv")
SEALED = {
    "contact_points": ("address_sealed", "address_key", NUMBER),
    "lines": ("their_address_sealed", "their_address_key", LINE_ADDRESS),
    "messages": ("body_sealed", "body_key", MESSAGE_BODY),
    "inbounds": ("body_sealed", "body_key", INBOUND_BODY),
    "responses": ("raw_sealed", "raw_key", TYPED_ANSWER),
}


async def test_exports_before_and_after_are_equal(lived: Trial, tmp_path: Path) -> None:
    before = old_export()
    study = await lived.context.reader.study(lived.operator, None)
    await export(lived.operator, lived.context, study, tmp_path / "new", as_of=exported_at())
    for name in COMPARED:
        assert len(before[name].splitlines()) > 100 or name == "instruments.csv"
        # A table that is not ASCII begins with a mark now, and instants are in milliseconds; what
        # it says is the same to the byte.
        content = (tmp_path / "new" / name).read_bytes()
        assert content.startswith(BOM_UTF8) is not before[name].isascii(), name
        assert as_exported_before(name, content) == in_milliseconds(before[name]), name


async def test_seals_made_before_verify_after(lived: Trial) -> None:
    """Seals, entries, and every row against the entry that last described it."""
    audit = Audit(lived)
    assert await lived.count("audit_seals") > 10
    assert await audit.faults() == ["the seals: none of them is signed"]


@pytest.mark.thorough
async def test_sealing_goes_on_signed_behind_the_seals_made_before(lived: Trial) -> None:
    """On a server whose transactions have lower numbers: migrating began a new generation."""
    audit = Audit(lived)
    old = await audit.head()
    await lived.move_to_next_nudge()
    await lived.remind()
    await audit.seal_everything()
    new = await audit.head()
    assert (new.content.generation, new.key_id) == (2, audit.sealer.keys.key_id)
    assert new.content.id > old.content.id
    verdict = await audit.verify()
    assert (verdict.faults, verdict.unsealed) == ([], 0)


@pytest.mark.thorough
async def test_a_row_of_before_that_was_changed_is_found(lived: Trial) -> None:
    row = await tamper(
        lived.url,
        "UPDATE pro.consents SET signed_on = signed_on - 7 WHERE id = (SELECT max(id::text)::uuid"
        " FROM pro.consents) RETURNING id::text",
    )
    found = await Audit(lived).faults()
    assert len(found) == 2
    assert row in found[1]


async def test_sealed_texts_open(lived: Trial) -> None:
    vault, connection = lived.context.keys.vault, lived.operator
    for table, (column, key, place) in SEALED.items():
        rows = await connection.fetch(
            f"SELECT id, {column} AS sealed, {key} AS key FROM pro.{table}"
            f" WHERE {column} IS NOT NULL"
        )
        assert len(rows) > 10, table
        for row in rows:
            await lived.context.keys.open_key(connection, lived.study_id, row["key"])
            assert place.open(vault, row["sealed"], key=row["key"], row_id=row["id"])


async def test_links_sent_before_open_the_questions(lived: Trial) -> None:
    links = about()["links"]
    assert set(LATE) <= set(links)
    async with aiohttp.ClientSession() as browser:
        for code in LATE:
            token = links[code].rsplit("/", 1)[1]
            async with browser.get(f"{lived.context.public_url}/q/{token}") as page:
                assert page.status == 200
                assert f"/q/{token}/open" in await page.text()


async def test_reminders_go_on(lived: Trial) -> None:
    sent = await lived.count("messages")
    last = await lived.fetchval("SELECT id FROM pro.messages ORDER BY id DESC LIMIT 1")
    await lived.move_to_next_nudge()
    await lived.remind()
    assert await lived.count("messages") > sent
    rows = await lived.fetch("SELECT participant_id, kind FROM pro.messages WHERE id > $1", last)
    reached = {participant for participant, kind in rows if kind == "reminder"}
    assert {lived.participants[code] for code in LATE} <= reached
    assert lived.participants["L-004"] not in reached


async def test_answers_by_text_are_taken_and_scored(lived: Trial) -> None:
    """L-002 is asked by text, under the schedule and the keys of the old release."""
    sender = await lived.fetchval(
        "SELECT s.address FROM pro.senders AS s JOIN pro.sites AS t ON t.id = s.site_id"
        " WHERE t.code = 'NY01'"
    )
    scored = await lived.count("scores")
    await lived.ask()
    for _ in range(60):
        reply = await lived.provider.phone_sends("+12125550192", sender, "3")
        assert reply is not None
        if "Thank you" in reply:
            break
    assert await lived.count("scores") > scored
