"""Consent given and taken back: written down, gating from the next claim on, safety untouched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from pro_service.domain.delivery.addresses import phone as as_address
from pro_service.domain.delivery.consents import ConsentDayError
from pro_service.domain.delivery.contacts import Agreed
from pro_service.domain.study.consenting.parts import ConsentPart, ConsentRefusedError
from pro_service.services import rounds
from pro_service.services.base.notes import noted_in
from pro_service.services.record import SaidConsent, say_part, sign_version
from pro_service.services.texting.contacts import Newcomer, add_contact
from pro_service.services.texting.numbers import confirm_by_staff
from pro_service.store.desk.timeline import list_consents
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.study import ACTOR, Left, Trial, go_on_with, phone, row

DAY = date(2026, 1, 5)
WHY = SaidConsent(DAY, ACTOR, "she rang and said so")
HERS = phone(71)


async def begin_trial(opened: Trial) -> None:
    """One participant whose first text is still to come."""
    await opened.enrol(row("K-001"))


begun = begun_by(begin_trial)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as opened:
        yield opened


async def another_way(trial: Trial) -> int:
    """Open calls that ask for another way to reach somebody."""
    return await trial.count("call_tasks", "reason = 'another_way' AND closed_at IS NULL")


async def test_texts_taken_back_hold_from_the_next_claim_and_given_again_they_go(
    trial: Trial,
) -> None:
    who = trial.who("K-001")
    assert await say_part(who, ConsentPart.messages, WHY, given=False) is False
    assert await another_way(trial) == 1
    await trial.ask()
    assert await trial.texts("K-001") == []
    ended = "SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL"
    assert await trial.fetch(ended) == [("no_consent",)]
    assert await say_part(who, ConsentPart.messages, WHY, given=True) is True
    assert await another_way(trial) == 0
    await trial.ask()
    assert len(await trial.texts("K-001")) == 1


async def test_a_text_that_waits_for_another_try_is_not_sent_once_texts_were_taken_back(
    trial: Trial,
) -> None:
    trial.faults.next_sends.append("429")
    await trial.ask()
    assert await trial.count("messages", "state = 'queued'") == 1
    await say_part(trial.who("K-001"), ConsentPart.messages, WHY, given=False)
    await trial.retry_now()
    assert await trial.texts("K-001") == []
    assert await trial.count("messages", "state = 'queued'") == 0


async def test_a_safety_day_after_texts_were_taken_back_is_a_call_the_same_evening(
    trial: Trial,
) -> None:
    await trial.happened("K-001")
    await say_part(trial.who("K-001"), ConsentPart.messages, WHY, given=False)
    await sign_version(trial.who("K-001"), "2", SaidConsent(DAY, ACTOR))
    await trial.move(timedelta(days=1, hours=10))
    await trial.remind()
    await rounds.call_round(trial.pools.worker, trial.context)
    assert await trial.texts("K-001") == []
    assert await trial.count("call_tasks", "reason = 'safety_unanswered'") == 1


async def test_a_contact_and_the_participant_agree_and_take_back_each_by_themselves(
    trial: Trial,
) -> None:
    who = trial.who("K-001")
    agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=DAY)
    await add_contact(who, Newcomer(as_address(HERS), "child", agreed, DAY), ACTOR, "daughter")
    await confirm_by_staff(who, ACTOR, "rang her", which=2)
    assert await say_part(who, ConsentPart.messages, WHY, given=False) is True
    await trial.ask()
    assert (await trial.texts("K-001"), len(await trial.provider.texts_of(HERS))) == ([], 1)
    assert await another_way(trial) == 0, "the daughter is still texted"
    assert await say_part(who, ConsentPart.caregiver, WHY, given=False) is False
    assert await another_way(trial) == 1
    facts = await trial.facts("K-001")
    assert (facts.reach.contact, facts.contacts[1].may_be_texted) == (None, True)


async def test_every_word_is_kept_with_its_day_its_version_and_sealed_reasons(
    trial: Trial,
) -> None:
    who = trial.who("K-001")
    await say_part(who, ConsentPart.cross_border, WHY, given=True)
    await sign_version(who, "2", SaidConsent(DAY, ACTOR))
    kept = await list_consents(trial.operator, trial.study_id, trial.participants["K-001"])
    said = [(one.version, one.signed_on, one.part, one.said_on, one.cross_border) for one in kept]
    assert said == [
        ("1", date(2026, 1, 4), None, None, False),
        ("1", date(2026, 1, 4), "cross_border", DAY, True),
        ("2", DAY, None, None, True),
    ]
    (reason,) = await trial.fetch("SELECT reason FROM consents WHERE part IS NOT NULL")
    assert noted_in(reason[0]) is not None
    facts = await trial.facts("K-001")
    assert facts.consent is not None
    assert (facts.consent.version, facts.consent.cross_border) == ("2", True)


async def test_what_cannot_be_leaves_nothing_behind(trial: Trial) -> None:
    who = trial.who("K-001")
    before = await trial.count("audit_entries")
    late = SaidConsent(DAY + timedelta(days=9), ACTOR, "a slip")
    with pytest.raises(ConsentRefusedError):
        await say_part(who, ConsentPart.messages, WHY, given=True)
    with pytest.raises(ConsentDayError):
        await say_part(who, ConsentPart.messages, late, given=False)
    with pytest.raises(ConsentRefusedError):
        await sign_version(who, "1", SaidConsent(DAY, ACTOR))
    assert await trial.count("audit_entries") == before


async def test_the_file_says_what_was_agreed_to_apart_and_says_it_again_unchanged(
    trial: Trial,
) -> None:
    whole = row("K-002", cross_border_consent="yes", caregiver_consent="no")
    assert (await trial.enrol(whole)).enrolled == 1
    facts = await trial.facts("K-002")
    assert facts.consent is not None
    assert (facts.consent.cross_border, facts.consent.caregiver) == (True, False)
    for same in (whole, row("K-002")):
        assert (await trial.enrol(same)).unchanged == 1
