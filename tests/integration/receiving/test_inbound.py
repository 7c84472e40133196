"""Texts that come in: credited to the right question of the right person, once."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.domain.study.facts import Status
from tests.support.study import SENDER, Trial, open_trial, phone, post_text, row

WOMAC = "womac-nrs-3.1"
PAIN = "pain-nrs"


async def asked(trial: Trial, *codes: str, **cells: str) -> None:
    """Participants who have just been asked the first question of baseline."""
    await trial.enrol(*(row(code, **cells) for code in codes or ("K-001",)))
    await trial.ask()


async def post_inbound(
    trial: Trial, body: str, *, their: str, sign: bool = True
) -> tuple[int, str]:
    """An inbound webhook as the provider posts it; status and body of the answer."""
    return await post_text(trial.context.public_url, their, body, sign=sign)


async def dispositions(trial: Trial) -> list[str]:
    """What every text so far was taken for, in order."""
    return [one for (one,) in await trial.fetch("SELECT disposition FROM inbounds ORDER BY id")]


async def values(trial: Trial, code: str) -> list[tuple[str, int]]:
    """A participant's answers in the order they came."""
    found = await trial.fetch(
        "SELECT item, value FROM responses WHERE participant_id = $1 ORDER BY id",
        trial.participants[code],
    )
    return [(item, value) for item, value in found]


async def answer_all(trial: Trial, code: str, value: int) -> None:
    """Answer with the same number until nothing is open."""
    for _ in range(40):
        reply = await trial.says(code, str(value))
        if reply is not None and "last question" in reply:
            return
    raise AssertionError("the questions never end")


async def test_an_answer_is_stored_and_the_next_question_follows(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert "Reply with one number" in reply
        assert await values(trial, "K-001") == [("pain_1", 4)]
        assert await dispositions(trial) == ["answer"]
        mode = await trial.fetch("SELECT mode, authentication, actor FROM attempts")
        assert mode == [("text", "known_number", "participant:K-001")]


async def test_the_last_answer_completes_with_the_scores_of_the_score_function(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await answer_all(trial, "K-001", 7)
        instrument = trial.context.catalogue.instruments[WOMAC]
        expected = {
            one.scale: (as_decimal(one.raw), as_decimal(one.normalised))
            for one in score(instrument, {item.code: 7 for item in instrument.items})
            if one.raw is not None and one.normalised is not None
        }
        stored = await trial.fetch(
            "SELECT scale, raw, normalised FROM scores"
            " WHERE instrument = $1 AND basis = 'complete'",
            WOMAC,
        )
        assert {scale: (raw, normalised) for scale, raw, normalised in stored} == expected
        assert len(expected) == 4
        assert await trial.count("assessments", "submitted_at IS NOT NULL") == 3
        assert await trial.count("attempts", "submitted_at IS NULL") == 0


async def test_second_copy_of_a_webhook_changes_nothing_and_gets_the_same_reply(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        first = await post_inbound(trial, "4", their=phone(1))
        before = await trial.fetch(
            "SELECT (SELECT count(*) FROM responses), (SELECT count(*) FROM messages),"
            " (SELECT count(*) FROM inbounds), (SELECT max(id) FROM audit_entries)"
        )
        again = await post_inbound(trial, "4", their=phone(1))
        assert first == again
        assert first[0] == 200
        after = await trial.fetch(
            "SELECT (SELECT count(*) FROM responses), (SELECT count(*) FROM messages),"
            " (SELECT count(*) FROM inbounds), (SELECT max(id) FROM audit_entries)"
        )
        assert before == after


async def test_a_copy_after_a_restart_gets_the_same_reply_though_several_share_the_phone(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002", phone=phone(1))
        first = await post_inbound(trial, "4", their=phone(1))
        # A restarted service has no key open.
        for (key_id,) in await trial.fetch("SELECT id FROM data_keys"):
            trial.context.keys.vault.forget(key_id)
        assert await post_inbound(trial, "4", their=phone(1)) == first


async def test_a_forged_text_is_refused_and_leaves_no_row(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        status, _ = await post_inbound(trial, "4", their=phone(1), sign=False)
        assert status == 403
        assert await trial.count("inbounds") == 0
        assert await trial.count("responses") == 0


async def test_a_stranger_is_answered_once_a_day_and_credited_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        texts = ("4", "my husband asks what this is", "my husband has a fever")
        replies = [await trial.provider.phone_sends(phone(77), SENDER, text) for text in texts]
        assert replies[0] is not None
        assert replies[1] is None
        assert replies[2] is not None  # Whom to ring is told all the same (R8).
        assert await dispositions(trial) == ["unknown", "needs_reading", "needs_reading"]
        assert await trial.count("responses") == 0


async def test_a_text_from_no_telephone_number_is_refused_as_unreadable(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        status, _ = await post_inbound(trial, "Your parcel is waiting", their="PARCELS")
        assert status == 400
        assert await trial.count("inbounds") == 0


async def test_a_text_to_an_address_that_is_not_ours_is_refused(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.owner_does(
            "ALTER TABLE senders DISABLE TRIGGER insert_only;"
            " UPDATE senders SET address = '+12025550142'"
        )
        status, _ = await post_inbound(trial, "4", their=phone(1))
        assert status == 404
        assert await trial.count("inbounds") == 0


async def test_spouses_on_one_phone_are_told_apart_by_their_code(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002", phone=phone(1))
        codes = {name: (await trial.facts(name)).personal_code for name in ("K-001", "K-002")}
        reply = await trial.says("K-001", "4")
        assert reply is not None
        assert "code" in reply
        assert await trial.count("responses") == 0
        switched = await trial.says("K-001", codes["K-002"].lower())
        assert switched is not None
        assert codes["K-002"][:3] in switched
        assert codes["K-002"] not in switched
        await trial.says("K-001", "5")
        await trial.says("K-001", f" {codes['K-001']} ")
        await trial.says("K-001", "9")
        assert await values(trial, "K-002") == [("pain_1", 5)]
        assert await values(trial, "K-001") == [("pain_1", 9)]


async def test_a_symptom_in_words_on_a_shared_phone_waits_for_a_reader(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002", phone=phone(1))
        reply = await trial.says("K-001", "my knee is swollen and very hot")
        assert await dispositions(trial) == ["needs_reading"]
        assert reply is not None
        assert "+12025550198" in reply
        assert "code" in reply


async def test_spouses_at_two_sites_answer_on_the_line_that_asked(database_url: str) -> None:
    from tests.support.study import add_site

    async with open_trial(database_url) as trial:
        other = "+12025550197"
        await add_site(trial.operator, trial.study_id, "SH02", sender=other)
        await trial.enrol(row("K-001"), row("K-002", phone=phone(1), site="SH02"))
        await trial.ask()
        assert await trial.count("lines") == 2
        await trial.provider.phone_sends(phone(1), SENDER, "4")
        await trial.provider.phone_sends(phone(1), other, "6")
        assert await values(trial, "K-001") == [("pain_1", 4)]
        assert await values(trial, "K-002") == [("pain_1", 6)]


async def test_a_symptom_in_words_waits_for_a_reader(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", "my knee is swollen")
        assert reply is not None
        assert "+12025550198" in reply
        assert await dispositions(trial) == ["needs_reading"]
        assert await trial.count("responses") == 0


async def test_a_text_received_before_its_question_was_accepted_answers_nothing(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.move_to_next_nudge()
        trial.faults.next_sends.append("429")
        await trial.remind()
        await trial.says("K-001", "4")
        assert await trial.count("responses") == 0
        assert await trial.count("inbounds") == 1
        await trial.says("K-001", "6")
        assert await values(trial, "K-001") == [("pain_1", 6)]


async def test_e35_back_replaces_an_answer_and_keeps_both(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        for text in ("4", "back", "6"):
            await trial.says("K-001", text)
        kept = await trial.fetch("SELECT id, value, replaces FROM responses ORDER BY id")
        assert [value for _, value, _ in kept] == [4, 6]
        assert kept[1][2] == kept[0][0]
        assert await trial.fetch(
            "SELECT r.value FROM sitting_responses c JOIN responses r ON r.id = c.response_id"
        ) == [(6,)]
        assert await dispositions(trial) == ["answer", "command", "answer"]


async def test_e35_a_plain_number_later_never_changes_an_answer(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        for text in ("4", "6"):
            await trial.says("K-001", text)
        assert await values(trial, "K-001") == [("pain_1", 4), ("pain_2", 6)]


async def test_correcting_the_last_answer_gives_a_further_revision_of_its_score(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await answer_all(trial, "K-001", 7)
        await trial.says("K-001", "back")
        await trial.says("K-001", "3")
        scores = await trial.fetch(
            "SELECT revision, raw FROM scores WHERE instrument = 'pga' ORDER BY revision"
        )
        assert [(revision, int(raw)) for revision, raw in scores] == [(1, 7), (2, 3)]
        assert await trial.count("assessments", "submitted_at IS NOT NULL") == 3


async def test_a_hot_red_knee_is_answered_with_what_to_do_and_alerts_once(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        first = await trial.says("K-001", "0")
        assert first is not None
        reply = await trial.says("K-001", "1")
        assert reply is not None
        assert "120" in reply.split("\n")[0]
        assert "+12025550198" in reply.split("\n")[0]
        assert reply.split("\n")[1].startswith("Until then: Rest, and put as little weight")
        alerts = await trial.fetch("SELECT rule, severity FROM alerts")
        assert alerts == [("warning_sign", "urgent")]
        again = await trial.says("K-001", "1")
        assert again is not None
        assert not again.startswith(reply.split("\n")[0])
        assert await trial.count("alerts") == 1


async def test_pain_that_rose_since_baseline_is_an_alert(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await answer_all(trial, "K-001", 2)
        await trial.move(timedelta(days=5))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        for _ in range(8):
            await trial.says("K-001", "0")
        assert await trial.count("alerts") == 0
        await trial.says("K-001", "5")
        assert await trial.fetch("SELECT rule FROM alerts") == [("pain_rise",)]


async def test_what_to_do_is_told_in_the_participants_language(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", language="zh_CN"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        reply = await trial.says("K-001", "有")
        assert reply is not None
        lines = reply.split("\n")
        assert "120" in lines[0]
        assert lines[1] == "在此之前：请您休息，尽量不要让这条腿受力。"


async def test_three_texts_nobody_can_read_make_a_call(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        replies = [await trial.says("K-001", text) or "" for text in ("3-4", "11", "7.5")]
        assert "LINK" not in replies[0]
        assert await trial.count("responses") == 0
        assert await trial.fetch("SELECT reason FROM call_tasks") == [("not_understood",)]


async def test_link_brings_an_address_that_opens(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", "link")
        assert reply is not None
        address = next(word for word in reply.split() if "/q/" in word)
        async with aiohttp.ClientSession() as session, session.get(address) as response:
            assert response.status == 200
        assert await dispositions(trial) == ["command"]


async def test_without_a_database_a_text_is_not_acknowledged(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.pools.provider.close()
        status, body = await post_inbound(trial, "4", their=phone(1))
        assert status == 503
        assert "4" not in body
        assert await trial.count("inbounds") == 0


async def test_a_text_missed_while_we_were_down_is_posted_again_and_stored_once(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        right = trial.context.public_url
        trial.provider.webhook_base_url = "http://127.0.0.1:9"
        assert await trial.says("K-001", "4") is None
        assert await trial.count("inbounds") == 0
        trial.provider.webhook_base_url = right
        await trial.provider.drain()
        await trial.provider.drain()
        assert await values(trial, "K-001") == [("pain_1", 4)]
