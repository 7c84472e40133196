"""Several contacts of a participant: who is texted, whose answers they are, what silences whom."""

from __future__ import annotations

from datetime import date, timedelta

import asyncpg
import pytest

from pro_service.domain.delivery.addresses import Address
from pro_service.domain.delivery.addresses import phone as as_address
from pro_service.domain.delivery.contacts import Agreed, ContactRelation
from pro_service.services.texting import contacts
from pro_service.services.texting.contact_rows import NoContactError
from pro_service.services.texting.contacts import Newcomer
from pro_service.services.texting.numbers import (
    SameNumberError,
    change_number,
    confirm_by_staff,
)
from pro_service.services.texting.opt_outs import (
    ContactUnclearError,
    opt_in_by_staff,
    opt_out_by_staff,
)
from tests.support.statements import statements
from tests.support.study import ACTOR, SENDER, Trial, open_trial, phone, row

HERS, HIS = phone(70), phone(80)
SIGNED = date(2026, 1, 4)
WHY = "told by the participant"


async def add(
    trial: Trial,
    number: str = HERS,
    relation: ContactRelation = "child",
    *,
    texts: bool = True,
    confirmed: bool = True,
    code: str = "K-001",
) -> int:
    """Somebody else the participant may be reached by."""
    agreed = Agreed(texts, may_be_told=True, agreed_on=SIGNED)
    newcomer = Newcomer(as_address(number), relation, agreed, participant_agreed_on=SIGNED)
    place = await contacts.add_contact(trial.who(code), newcomer, ACTOR, WHY)
    if confirmed:
        await confirm_by_staff(trial.who(code), ACTOR, "rang her", which=place)
    return place


async def writes(trial: Trial, number: str, text: str) -> str | None:
    return await trial.provider.phone_sends(number, SENDER, text)


async def got(trial: Trial, number: str) -> list[str]:
    return [one.body for one in await trial.provider.texts_of(number)]


async def ask(trial: Trial) -> None:
    await trial.move_to_next_nudge()
    await trial.remind()
    await trial.provider.drain()


async def open_calls(trial: Trial) -> list[tuple[object, ...]]:
    return await trial.fetch("SELECT reason FROM call_tasks WHERE closed_at IS NULL ORDER BY id")


async def test_reminders_go_to_the_first_contact_and_texts_of_both_are_the_participants(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        assert await add(trial) == 2
        await ask(trial)
        assert len(await trial.texts("K-001")) == 1
        assert await got(trial, HERS) == []
        reply = await writes(trial, HERS, "my mother has a fever")
        assert reply is not None
        assert await trial.fetch("SELECT participant_id, disposition FROM inbounds") == [
            (trial.participants["K-001"], "needs_reading")
        ]
        facts = await trial.facts("K-001")
        assert [(one.ordinal, one.relation) for one, _ in facts.reach.each] == [
            (1, "self"),
            (2, "child"),
        ]


async def test_the_stop_of_a_daughter_ends_hers_only_and_asks_for_another_way(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await contacts.order_contacts(trial.who("K-001"), [2, 1], WHY)
        await ask(trial)
        assert len(await got(trial, HERS)) == 1
        assert await trial.texts("K-001") == []
        assert "STOP" not in str(await open_calls(trial))
        confirmation = await writes(trial, HERS, "stop")
        assert confirmation is not None
        assert await open_calls(trial) == [("another_way",)]
        await trial.move(timedelta(days=2, hours=1))
        await trial.remind()
        await trial.provider.drain()
        assert len(await got(trial, HERS)) == 2  # with the confirmation; no reminder more
        assert len(await trial.texts("K-001")) == 1
        await trial.says("K-001", "stop")
        assert (await trial.facts("K-001")).reach.why_not == "opted_out"
        with pytest.raises(ContactUnclearError):
            await opt_in_by_staff(trial.who("K-001"), ACTOR, WHY)
        assert await opt_in_by_staff(trial.who("K-001"), ACTOR, WHY, which=2) == 1
        facts = await trial.facts("K-001")
        assert facts.contact is not None
        assert facts.contact.relation == "self"


async def test_answers_from_a_daughters_telephone_are_marked_as_hers_and_never_mixed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await ask(trial)
        assert await trial.says("K-001", "4") is not None
        await trial.says("K-001", "stop")
        await trial.move(timedelta(days=2))
        await trial.remind()
        await trial.provider.drain()
        (text,) = await got(trial, HERS)
        code = (await trial.facts("K-001")).start_of_code
        assert code in text
        reply = await writes(trial, HERS, "7")
        assert reply is not None
        assert code in reply
        sittings = await trial.fetch(
            "SELECT t.ordinal, t.respondent, t.respondent_relation, r.value FROM attempts AS t"
            " JOIN responses AS r ON r.attempt_id = t.id ORDER BY r.id"
        )
        assert sittings[0] == (1, "self", None, 4)
        assert sittings[1][1:] == ("proxy", "child", 7)
        # Whatever the participant says next from their own telephone is theirs again.
        await writes(trial, HERS, "7")
        await trial.says("K-001", "start")
        mixed = await trial.fetch(
            "SELECT t.id FROM attempts AS t JOIN responses AS r ON r.attempt_id = t.id"
            " JOIN inbounds AS i ON i.id = r.inbound_id GROUP BY t.id"
            " HAVING count(DISTINCT i.line_id) > 1"
        )
        assert mixed == []


async def test_nobody_is_texted_who_has_not_agreed_and_their_words_are_read_all_the_same(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", messaging_consent="no"))
        await add(trial, texts=False)
        await ask(trial)
        assert await got(trial, HERS) == []
        assert await trial.fetch(
            "SELECT DISTINCT end_reason FROM reminders WHERE ended_at IS NOT NULL"
        ) == [("no_consent",)]
        assert await writes(trial, HERS, "4") is None
        assert await writes(trial, HERS, "her knee is swollen and hot") is not None
        assert await trial.count("responses") == 0
        assert await trial.fetch(
            "SELECT participant_id, disposition FROM inbounds ORDER BY id DESC LIMIT 1"
        ) == [(trial.participants["K-001"], "needs_reading")]
        await contacts.agree_for_contact(
            trial.who("K-001"),
            2,
            Agreed(may_be_texted=True, may_be_told=False, agreed_on=SIGNED),
            WHY,
        )
        await ask(trial)
        assert len([text for text in await got(trial, HERS) if "question" in text]) >= 1
        await writes(trial, HERS, "stop")
        assert (await trial.facts("K-001")).reach.each[1][1] == "opted_out"


async def test_a_bad_number_rests_alone_until_its_call_is_closed(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        trial.faults.bad_numbers.add(trial.phones["K-001"])
        await ask(trial)
        assert await open_calls(trial) == [("bad_number",)]
        reach = (await trial.facts("K-001")).reach
        assert [reason for _, reason in reach.each] == ["bad_number", None]
        await ask(trial)
        assert len(await got(trial, HERS)) == 1
        await trial.owner_does(
            "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'test', outcome = 'rang'"
        )
        assert [reason for _, reason in (await trial.facts("K-001")).reach.each] == [None, None]


async def test_a_wrong_number_gets_nothing_and_what_comes_from_it_is_a_strangers(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await ask(trial)
        assert await contacts.mark_wrong(trial.who("K-001"), 1, ACTOR, "a shop answered")
        before = len(await trial.texts("K-001"))
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert "do not know this number" in reply
        assert await trial.count("responses") == 0
        await ask(trial)
        assert len(await trial.texts("K-001")) == before + 1  # the reply above
        assert len(await got(trial, HERS)) == 1
        assert not await contacts.mark_wrong(trial.who("K-001"), 2, ACTOR, "the same shop")
        assert await open_calls(trial) == [("another_way",)]
        assert (await trial.facts("K-001")).reach.why_not == "wrong_number"


async def test_ending_one_contact_leaves_the_conversation_of_the_other(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await ask(trial)
        assert await contacts.end_contact(trial.who("K-001"), 2, ACTOR, "moved away")
        assert await trial.count("conversations", "closed_at IS NULL") == 1
        assert await trial.says("K-001", "4") is not None
        assert await trial.fetch("SELECT value FROM responses") == [(4,)]
        with pytest.raises(NoContactError):
            await contacts.end_contact(trial.who("K-001"), 2, ACTOR, "again")
        assert not await contacts.end_contact(trial.who("K-001"), 1, ACTOR, "gave it up")
        assert (await trial.facts("K-001")).reach.why_not == "no_number"


async def test_three_contacts_in_any_order_are_read_in_one_statement(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=HIS))
        await add(trial)
        await add(trial, HIS, "spouse")
        await contacts.order_contacts(trial.who("K-001"), [3, 1, 2], WHY)
        with statements(monkeypatch) as said:
            facts = await trial.facts("K-001")
        assert said == ["get_participant_facts"]
        assert [(one.ordinal, one.relation, one.shared_with) for one, _ in facts.reach.each] == [
            (1, "spouse", 1),
            (2, "self", 0),
            (3, "child", 0),
        ]
        with pytest.raises(contacts.OrderError):
            await contacts.order_contacts(trial.who("K-001"), [1, 2], WHY)
        with pytest.raises(SameNumberError):
            await add(trial)
        with pytest.raises(SameNumberError):
            await change_number(trial.who("K-001"), HERS, ACTOR, WHY, which=1)


async def test_a_contacts_new_number_is_the_same_person_and_waits_to_be_confirmed(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await change_number(trial.who("K-001"), HIS, ACTOR, WHY, which=2)
        second, reason = (await trial.facts("K-001")).reach.each[1]
        assert (second.relation, second.may_be_texted, second.agreed_on, reason) == (
            "child",
            True,
            SIGNED,
            "number_unconfirmed",
        )
        # The other contact goes on meanwhile.
        await ask(trial)
        assert len(await trial.texts("K-001")) == 1
        code = (await trial.facts("K-001")).personal_code
        reply = await writes(trial, HIS, code)
        assert reply is not None
        assert "From now on we write to this number" in reply
        assert await open_calls(trial) == []


async def test_a_further_contact_needs_the_participants_word_and_its_owners(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=SIGNED)
        with pytest.raises(contacts.ConsentMissingError):
            await contacts.add_contact(
                trial.who("K-001"), Newcomer(as_address(HERS), "child", agreed), ACTOR, WHY
            )
        with pytest.raises(contacts.OwnConsentError):
            await contacts.add_contact(
                trial.who("K-001"), Newcomer(as_address(HERS), "self", agreed), ACTOR, WHY
            )
        assert await trial.count("contact_points") == 1
        await add(trial)
        consents = "SELECT caregiver, messages, signed_on FROM consents ORDER BY id"
        assert await trial.fetch(consents) == [(False, True, SIGNED), (True, True, SIGNED)]
        await add(trial, HIS, "spouse")
        assert len(await trial.fetch(consents)) == 2


async def test_an_address_of_another_kind_is_kept_found_and_never_texted(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        letters = Address(kind="email", value="li@example.org")
        nobody = Agreed(may_be_texted=False, may_be_told=False, agreed_on=None)
        newcomer = Newcomer(letters, "self", nobody)
        await contacts.add_contact(trial.who("K-001"), newcomer, ACTOR, WHY)
        await confirm_by_staff(trial.who("K-001"), ACTOR, WHY, which=2)
        await contacts.order_contacts(trial.who("K-001"), [2, 1], WHY)
        shown = await contacts.list_contacts(trial.who("K-001"))
        assert [(one.contact.kind, one.address, one.texted) for one in shown] == [
            ("email", "li@example.org", False),
            ("phone", phone(1), True),
        ]
        await ask(trial)
        assert len(await trial.texts("K-001")) == 1
        stored = await trial.fetch("SELECT blind_index FROM contact_points WHERE kind = 'email'")
        assert stored == [(trial.context.keys.vault.blind_index(letters),)]
        with pytest.raises(SameNumberError):
            await contacts.add_contact(trial.who("K-001"), newcomer, ACTOR, WHY)


async def test_the_database_refuses_a_place_and_an_address_twice(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        with pytest.raises(asyncpg.ExclusionViolationError):
            await trial.owner_does(
                "WITH why AS (SELECT set_config('pro.reason', 'test', true))"
                " UPDATE pro.contact_points SET ordinal = 1 FROM why"
            )
        with pytest.raises(asyncpg.ExclusionViolationError):
            await trial.owner_does(
                "WITH why AS (SELECT set_config('pro.reason', 'test', true))"
                " UPDATE pro.contact_points SET blind_index = '\\x00' FROM why"
            )
        with pytest.raises(asyncpg.CheckViolationError):
            await trial.owner_does(
                "WITH why AS (SELECT set_config('pro.reason', 'test', true))"
                " UPDATE pro.contact_points SET may_be_texted = true FROM why WHERE whose = 'self'"
            )


async def test_a_text_that_waits_is_judged_by_the_contact_it_goes_to(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await contacts.order_contacts(trial.who("K-001"), [2, 1], WHY)
        await trial.move_to_next_nudge()
        trial.faults.next_sends.append("429")
        await trial.remind()
        agreed = Agreed(may_be_texted=False, may_be_told=True, agreed_on=SIGNED)
        await contacts.agree_for_contact(trial.who("K-001"), 1, agreed, WHY)
        # The participant may be texted, but this text was hers.
        assert (await trial.facts("K-001")).reach.contact is not None
        assert await trial.retry_now() == 0
        assert await got(trial, HERS) == []
        assert await trial.fetch("SELECT state FROM messages") == [("suppressed",)]


async def test_no_more_texts_said_of_a_participant_holds_every_number(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add(trial)
        await opt_out_by_staff(trial.who("K-001"), ACTOR, "wants none at all")
        reach = (await trial.facts("K-001")).reach
        assert [reason for _, reason in reach.each] == ["opted_out", "opted_out"]


async def test_a_telephone_two_participants_share_is_silent_for_both_and_their_others_go_on(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        for code in ("K-001", "K-002"):
            await add(trial, code=code)
            await contacts.order_contacts(trial.who(code), [2, 1], WHY)
        await ask(trial)
        texts = "\n".join(await got(trial, HERS))
        for code in ("K-001", "K-002"):
            assert (await trial.facts(code)).start_of_code in texts
        await writes(trial, HERS, "stop")
        assert await open_calls(trial) == [("another_way",), ("another_way",)]
        for code in ("K-001", "K-002"):
            contact = (await trial.facts(code)).contact
            assert contact is not None
            assert contact.relation == "self"
