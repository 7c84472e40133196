"""`participant contact ...`: further contacts in the hands of whoever runs the study."""

from __future__ import annotations

import asyncpg
import pytest

from pro_service.services.base.notes import noted_in
from tests.support.command import Commands

WHY = ("--reason", "told by telephone")
HERS = "+12025550170"
CONTACT = ("participant", "contact")
AGREED = ("--texts", "--told", "--agreed-on", "2026-01-04", "--participant-agreed-on", "2026-01-04")


async def test_a_daughter_is_added_confirmed_put_first_and_ended(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    add = (*CONTACT, "add", "K-001", HERS, "--relation", "child", *WHY)
    done = await enrolled.call(*add, *AGREED)
    assert (done.code, "--contact 2" in done.out) == (0, True), done.err
    assert (await enrolled.call(*add, *AGREED)).code == 1  # the same number again
    confirm = ("participant", "confirm-number", "K-001", "--contact", "2", *WHY)
    assert (await enrolled.call(*confirm)).code == 0
    assert (await enrolled.call(*CONTACT, "order", "K-001", "2", "1", *WHY)).code == 0
    shown = await enrolled.call(*CONTACT, "list", "K-001")
    rows = [line.split() for line in shown.out.splitlines()[1:]]
    assert [(line[0], line[1], line[3]) for line in rows] == [
        ("1", "child", HERS),
        ("2", "self", "+12025550101"),
    ]
    assert ["is texted" in line for line in shown.out.splitlines()[1:]] == [True, False]
    no = await enrolled.call(*CONTACT, "agree", "K-001", "1", "--no-texts", *WHY)
    assert no.code == 0, no.err
    assert "has not agreed" in (await enrolled.call(*CONTACT, "list", "K-001")).out
    assert (await enrolled.call(*CONTACT, "end", "K-001", "1", *WHY)).code == 0
    last = await enrolled.call(*CONTACT, "wrong", "K-001", "2", *WHY)
    assert (last.code, "another way" in last.err) == (0, True)
    assert await owner.fetchval(
        "SELECT reason FROM pro.call_tasks WHERE closed_at IS NULL AND reason = 'another_way'"
    )
    kept = await owner.fetch(
        "SELECT DISTINCT reason FROM pro.audit_entries"
        " WHERE table_name = 'contact_points' AND operation = 'UPDATE'"
    )
    assert kept
    assert all(noted_in(each["reason"]) is not None for each in kept)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "K-001", HERS, "--relation", "aunt"), "One of self, spouse"),
        (("add", "K-001", HERS, "--relation", "child", "--texts"), "--agreed-on DAY"),
        (
            ("add", "K-001", HERS, "--relation", "child", "--texts", "--agreed-on", "2026-01-04"),
            "--participant-agreed-on DAY",
        ),
        (("add", "K-001", HERS, "--relation", "child", "--agreed-on", "soon"), "2027-03-01"),
        (("add", "K-001", "li@", "--relation", "child", "--kind", "email"), "name@example.org"),
        (("add", "K-001", "roof", "--relation", "child", "--kind", "pigeon"), "phone, email"),
        (("add", "K-001", "12", "--relation", "child"), "+8613100000000"),
        (("order", "K-001", "1", "1"), "The places now: 1."),
        (("agree", "K-001", "1"), "the participant's consent alone"),
        (("end", "K-001", "7"), "K-001 has these: 1."),
    ],
)
async def test_what_cannot_be_done_is_one_line_with_its_mend_and_changes_nothing(
    enrolled: Commands, owner: asyncpg.Connection, words: tuple[str, ...], said: str
) -> None:
    before = await owner.fetchval("SELECT count(*) FROM pro.audit_entries")
    refused = await enrolled.call(*CONTACT, *words, *WHY)
    assert (refused.code, said in refused.err) == (1, True), refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert await owner.fetchval("SELECT count(*) FROM pro.audit_entries") == before
