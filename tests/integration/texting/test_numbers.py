"""A changed number: the old one is silent at once, the new one until it is confirmed."""

from __future__ import annotations

import re
from datetime import date

import aiohttp
import pytest

from pro_service.domain.delivery.addresses import Address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.services.texting import contacts, numbers
from pro_service.services.texting.contacts import Newcomer
from pro_service.services.texting.opt_outs import opt_in_by_staff
from tests.support.record.words import spoken
from tests.support.study import ACTOR, SENDER, Trial, open_trial, phone, row

NEW = phone(60)
DAY = date(2026, 1, 4)


async def change(trial: Trial, code: str = "K-001", number: str = NEW) -> None:
    await numbers.change_number(trial.who(code), number, ACTOR, "bought another telephone")


async def confirm(trial: Trial, code: str = "K-001") -> None:
    await numbers.confirm_by_staff(trial.who(code), ACTOR, "rang back and asked for her birthday")


async def asked(trial: Trial, **cells: str) -> None:
    await trial.enrol(row("K-001", **cells))
    await trial.ask()


async def last_end(trial: Trial) -> str:
    """Why the last reminder to end has ended."""
    ended = await trial.fetch(
        "SELECT end_reason FROM reminders WHERE ended_at IS NOT NULL"
        " ORDER BY ended_at DESC, id DESC"
    )
    return str(ended[0][0])


async def texts_to(trial: Trial, number: str) -> list[str]:
    return [one.body for one in await trial.provider.texts_of(number)]


async def test_neither_number_gets_a_text_until_the_new_one_is_confirmed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        before = len(await trial.texts("K-001"))
        await change(trial)
        await trial.ask()
        assert await last_end(trial) == "number_unconfirmed"
        assert len(await trial.texts("K-001")) == before
        assert await texts_to(trial, NEW) == []
        assert await trial.fetch("SELECT reason FROM call_tasks WHERE closed_at IS NULL") == [
            ("confirm_number",)
        ]


async def test_the_old_lines_conversation_ends_and_what_comes_from_it_credits_nobody(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await change(trial)
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert "do not know this number" in reply
        assert await trial.count("responses") == 0
        assert await trial.count("conversations", "closed_at IS NULL") == 0
        assert await trial.fetch("SELECT participant_id FROM inbounds") == [(None,)]


async def test_the_links_sent_to_the_old_number_open_nothing_and_the_new_gets_another(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial, channel="link")
        found = [re.search(r"https?://\S+", text) for text in await trial.texts("K-001")]
        (old,) = [one[0] for one in found if one]
        async with aiohttp.ClientSession() as session:
            async with session.get(old) as before:
                assert before.status == 200
            await change(trial)
            async with session.get(old) as after:
                assert after.status == 404
            await confirm(trial)
            await trial.ask()
            (text,) = await texts_to(trial, NEW)
            again = re.search(r"https?://\S+", text)
            assert again is not None
            assert again[0] != old
            async with session.get(again[0]) as fresh:
                assert fresh.status == 200


async def test_the_code_typed_on_the_new_number_confirms_it_and_asks_what_is_open(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        code = (await trial.facts("K-001")).personal_code
        await change(trial)
        guess = await trial.provider.phone_sends(NEW, SENDER, "4")
        assert guess is not None
        assert "do not know this number" in guess
        assert (await trial.facts("K-001")).contact is None
        reply = await trial.provider.phone_sends(NEW, SENDER, f" {code.lower()} ")
        assert reply is not None
        assert "From now on we write to this number" in reply
        assert "Reply with one number" in reply
        await trial.provider.phone_sends(NEW, SENDER, "4")
        assert await trial.fetch("SELECT value FROM responses") == [(4,)]
        assert await trial.fetch("SELECT outcome, closed_by FROM call_tasks") == [
            ("confirmed by text", "provider:simulator")
        ]
        why = await trial.fetch(
            "SELECT reason FROM audit_entries WHERE table_name = 'contact_points'"
            " AND operation = 'UPDATE' ORDER BY id"
        )
        assert why[1] == ("the participant's code was typed on it",)
        words = await spoken(trial.operator, trial.context, why[0][0])
        assert (words, len(why)) == ("bought another telephone", 2)


async def test_staff_confirm_with_a_reason_and_reminders_go_to_the_new_number(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        with pytest.raises(numbers.NothingToConfirmError):
            await confirm(trial)
        await change(trial)
        await confirm(trial)
        with pytest.raises(numbers.NothingToConfirmError):
            await confirm(trial)
        before = len(await trial.texts("K-001"))
        await trial.ask()
        assert len(await texts_to(trial, NEW)) == 1
        assert len(await trial.texts("K-001")) == before
        outcome = await trial.fetchval("SELECT outcome FROM call_tasks WHERE closed_at IS NOT NULL")
        assert (
            await spoken(trial.operator, trial.context, outcome)
            == "rang back and asked for her birthday"
        )


async def test_what_waits_to_be_sent_to_the_old_number_is_not_sent(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move_to_next_nudge()
        trial.faults.next_sends.append("429")
        await trial.remind()
        await change(trial)
        assert await trial.retry_now() == 0
        assert await trial.texts("K-001") == []
        assert await trial.fetch("SELECT state, state_reason FROM messages") == [
            ("suppressed", "number changed")
        ]


async def test_a_number_changed_to_itself_is_refused_and_nothing_is_written(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        with pytest.raises(numbers.SameNumberError):
            await change(trial, number=phone(1))
        assert await trial.count("contact_points") == 1


async def test_a_spouses_telephone_answers_for_its_owner_until_the_newcomers_code_comes(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.ask()
        await change(trial, number=phone(2))
        # Not confirmed: the owner of the telephone is alone on it, and asked for no code.
        reply = await trial.says("K-002", "4")
        assert reply is not None
        assert "code" not in reply
        assert await trial.fetch("SELECT participant_id, value FROM responses") == [
            (trial.participants["K-002"], 4)
        ]
        await trial.says("K-002", (await trial.facts("K-001")).personal_code)
        facts = await trial.facts("K-001")
        assert facts.contact is not None
        assert facts.contact.shared_with == 1


async def test_staff_let_texts_go_again_with_a_reason(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "stop")
        said = (trial.who("K-001"), ACTOR, "asked for it on the telephone")
        assert await opt_in_by_staff(*said) == 1
        assert await opt_in_by_staff(*said) == 0
        ((ended_by, why),) = await trial.fetch("SELECT ended_by, end_reason FROM opt_outs")
        words = await spoken(trial.operator, trial.context, why)
        assert (ended_by, words) == (ACTOR, "asked for it on the telephone")
        before = len(await trial.texts("K-001"))
        await trial.ask()
        assert len(await trial.texts("K-001")) == before + 1


async def test_a_number_takes_the_place_of_no_e_mail_address_and_of_nobodys_agreement(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        why = "told by the participant"
        who = trial.who("K-001")
        agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=DAY)
        hers = Newcomer(Address(kind="email", value="li@home.example"), "child", agreed, DAY)
        place = await contacts.add_contact(who, hers, ACTOR, why)
        with pytest.raises(numbers.OtherKindError):
            await numbers.change_number(who, NEW, ACTOR, why, which=place)
        own = (await contacts.list_contacts(who))[0].contact
        # First in the order, hers still keeps her place: the first number is changed.
        await contacts.order_contacts(who, [place, own.ordinal], why)
        new = await numbers.change_number(who, NEW, ACTOR, why)
        await contacts.end_contact(who, new, ACTOR, why)
        await numbers.change_number(who, phone(81), ACTOR, why)
        shown = [
            (one.address, one.contact.relation, one.contact.may_be_texted, one.contact.agreed_on)
            for one in await contacts.list_contacts(who)
        ]
        assert shown[0] == ("li@home.example", "child", True, DAY)
        assert [one[:2] for one in shown[1:]] == [(phone(81), "self")]
        assert shown[1][3] is None
