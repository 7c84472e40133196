"""`participant consent ...`: what is said of a consent by whoever runs the study."""

from __future__ import annotations

import asyncpg
import pytest

from pro_service.domain.study.permissions import Role
from pro_service.services.study.staff import make_staff
from tests.support.command import Commands

CONSENT = ("participant", "consent")
WHY = ("--on", "2026-01-05", "--reason", "told by telephone")


async def test_texts_are_taken_back_a_version_signed_and_all_of_it_listed(
    enrolled: Commands,
) -> None:
    done = await enrolled.call(*CONSENT, "withdraw", "K-001", "messages", *WHY)
    assert (done.code, "another way to reach them" in done.err) == (0, True), done.err
    assert (await enrolled.call(*CONSENT, "give", "K-001", "cross_border", *WHY)).code == 0
    signed = await enrolled.call(*CONSENT, "sign", "K-001", "2.0", "--on", "2026-01-05")
    assert "K-001 signed version 2.0 on 2026-01-05." in signed.out, signed.err
    shown = await enrolled.call(*CONSENT, "list", "K-001")
    rows = [line.split() for line in shown.out.splitlines()[1:]]
    assert [(one[0], one[1]) for one in rows[1:]] == [
        ("2026-01-05", "messages"),
        ("2026-01-05", "cross_border"),
        ("2026-01-05", "signed"),
    ]
    assert rows[-1][2:6] == ["2.0", "no", "yes", "no"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("withdraw", "K-001", "caregiver", *WHY), "does not agree to this now"),
        (("give", "K-001", "messages", *WHY), "agreed to this already"),
        (("give", "K-001", "caregiver", "--on", "soon", "--reason", "x"), "2027-03-01"),
        (("give", "K-001", "caregiver", "--on", "2099-01-01", "--reason", "x"), "in the future"),
        (("sign", "K-001", "<2>", "--on", "2026-01-05"), "no version of a consent form"),
    ],
)
async def test_what_cannot_be_said_is_one_line_and_changes_nothing(
    enrolled: Commands, owner: asyncpg.Connection, words: tuple[str, ...], said: str
) -> None:
    before = await owner.fetchval("SELECT count(*) FROM pro.audit_entries")
    refused = await enrolled.call(*CONSENT, *words)
    assert (refused.code, said in refused.err) == (1, True), refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert await owner.fetchval("SELECT count(*) FROM pro.audit_entries") == before


async def test_restricting_is_an_investigators_word_and_is_lifted_by_one(
    enrolled: Commands, owner: asyncpg.Connection
) -> None:
    study_id = await owner.fetchval("SELECT id FROM pro.studies")
    await make_staff(
        owner,
        study_id,
        login="ivan",
        password="nine long words nobody guesses",
        site="BJ01",
        role=Role.investigator,
        actor="cli:test",
    )
    words = ("participant", "restrict", "K-001", "--reason", "her wish", "--by")
    refused = await enrolled.call(*words, "nobody")
    assert (refused.code, "no investigator at BJ01" in refused.err) == (1, True)
    done = await enrolled.call(*words, "ivan")
    assert (done.code, "K-001 is restricted" in done.out) == (0, True), done.err
    assert (await enrolled.call(*words, "ivan")).code == 1
    lifted = await enrolled.call(*words, "ivan", "--lift")
    assert (lifted.code, "is lifted" in lifted.out) == (0, True), lifted.err
    said = await owner.fetch("SELECT restricted FROM pro.restrictions ORDER BY id")
    assert [one["restricted"] for one in said] == [True, False]
