"""Texts that warn: the alert, the reply, and who reads it, whatever number it is (R8, T4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from tests.support.study import SENDER, Trial, open_trial, phone, post_text, row

SITE = "+12025550198"


async def asked(trial: Trial, *codes: str, **cells: str) -> None:
    """Participants who have just been asked the first question of baseline."""
    await trial.enrol(*(row(code, **cells) for code in codes or ("K-001",)))
    await trial.ask()


async def alerts(trial: Trial) -> list[tuple[str, str]]:
    """Who is alarmed about by which rule, urgent ones all of them."""
    found = await trial.fetch(
        "SELECT p.code, a.rule, a.severity FROM alerts AS a"
        " JOIN participants AS p ON p.id = a.participant_id ORDER BY p.code, a.id"
    )
    assert {severity for _, _, severity in found} <= {"urgent"}
    return [(code, rule) for code, rule, _ in found]


async def texts(trial: Trial) -> list[tuple[str, bool]]:
    """What every text was taken for, and whether it is to be read at once."""
    found = await trial.fetch("SELECT disposition, urgent FROM inbounds ORDER BY id")
    return [(disposition, urgent) for disposition, urgent in found]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("my knee is red and hot and I have fever", {"fever", "hot_knee"}),
        ("swollen, red, fever", {"fever", "hot_knee", "swelling"}),
        ("I fell and went to the hospital", {"fall", "hospital"}),
        ("膝盖又红又肿，还发烧", {"fever", "hot_knee", "swelling"}),
    ],
)
async def test_t4_red_flag_words_raise_an_alert_and_the_reply_says_whom_to_ring(
    database_url: str, text: str, signs: set[str]
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", text)
        assert reply is not None
        first = reply.split("\n")[0]
        assert SITE in first
        assert "120" in first
        assert "not read at all hours" in first
        assert "Reply with one number" in reply.split("\n")[-1]
        assert "maybe not at once" not in reply
        assert await alerts(trial) == [("K-001", f"text:{sign}") for sign in _in_order(signs)]
        assert await texts(trial) == [("needs_reading", True)]
        assert await trial.count("responses") == 0


def _in_order(signs: set[str]) -> list[str]:
    order = ["fever", "hot_knee", "swelling", "fall", "hospital"]
    return [sign for sign in order if sign in signs]


async def test_a_number_beside_a_sign_is_no_answer_and_the_alert_is_raised(
    database_url: str,
) -> None:
    """R8: "7, and my knee is red and hot": the parser keeps its caution."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", "7, and my knee is red and hot")
        assert reply is not None
        assert "Reply with one number" in reply
        assert await trial.count("responses") == 0
        assert await alerts(trial) == [("K-001", "text:hot_knee")]
        await trial.says("K-001", "7")
        assert await trial.count("responses") == 1


async def test_t4_a_stop_that_reports_a_sign_stops_the_texts_and_alarms(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", "STOP. My knee is swollen")
        assert reply is not None
        assert SITE in reply.split("\n")[0]
        assert "no more texts" in reply
        assert await alerts(trial) == [("K-001", "text:swelling")]
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1


async def test_t4_after_stop_the_alert_is_raised_and_one_reply_a_day_says_whom_to_ring(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "stop")
        await trial.move(timedelta(days=2))
        first = await trial.says("K-001", "I have a fever")
        assert first is not None
        assert first.split("\n") == [first]
        assert SITE in first
        assert await trial.says("K-001", "it is worse, chest pain now") is None
        assert await trial.says("K-001", "4") is None
        await trial.move(timedelta(days=1, minutes=1))
        assert await trial.says("K-001", "still a fever") is not None
        assert {rule for _, rule in await alerts(trial)} >= {"text:fever", "text:breath"}
        kinds = await trial.fetch(
            "SELECT DISTINCT kind FROM messages WHERE template = 'warning.call'"
        )
        assert kinds == [("reply",)]
        assert await trial.count("opt_outs", "ended_at IS NULL") == 1


async def test_on_a_shared_telephone_each_participant_is_alarmed_about(database_url: str) -> None:
    """R8: it is not known who wrote, and the alert says so; a typed code tells it."""
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002", phone=phone(1))
        reply = await trial.says("K-001", "fever since last night")
        assert reply is not None
        assert SITE in reply.split("\n")[0]
        assert await alerts(trial) == [("K-001", "text:fever"), ("K-002", "text:fever")]
        assert await trial.count("alerts", "uncertain_who") == 2
        code = await trial.fetchval("SELECT personal_code FROM participants WHERE code = 'K-002'")
        await trial.says("K-001", str(code))
        await trial.says("K-001", "my calf is swollen")
        assert await alerts(trial) == [
            ("K-001", "text:fever"),
            ("K-002", "text:fever"),
            ("K-002", "text:calf"),
        ]
        assert await trial.count("alerts", "uncertain_who") == 2


async def test_an_unknown_number_raises_no_alert_and_is_read_first(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "what is this about")
        reply = await trial.provider.phone_sends(phone(77), SENDER, "my husband has a fever")
        assert reply is not None
        assert SITE in reply.split("\n")[0]
        again = await trial.provider.phone_sends(phone(77), SENDER, "发烧了，怎么办")
        assert again is not None
        assert "请现在拨打" in again
        assert await trial.provider.phone_sends(phone(77), SENDER, "he shivers") is None
        assert await alerts(trial) == []
        assert await texts(trial) == [("needs_reading", False), *[("needs_reading", True)] * 3]


async def test_a_second_copy_of_a_warning_changes_nothing(database_url: str) -> None:
    """Alerts from a text are unique by (inbound, rule)."""
    async with open_trial(database_url) as trial:
        await asked(trial)
        base = trial.context.public_url
        first = await post_text(base, phone(1), "my knee is hot")
        assert await post_text(base, phone(1), "my knee is hot") == first
        assert len(await alerts(trial)) == 1
        with pytest.raises(Exception, match="one_alert_a_text_and_rule"):
            await trial.owner_does(
                "INSERT INTO pro.alerts (study_id, id, participant_id, inbound_id, rule, severity,"
                " raised_at, actor) SELECT study_id, gen_random_uuid(), participant_id, inbound_id,"
                " rule, severity, raised_at, actor FROM pro.alerts"
            )


async def test_a_new_sign_after_an_alert_was_closed_raises_again(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "fever")
        await trial.owner_does(
            "UPDATE pro.alerts SET seen_at = pro.now(), seen_by = 'staff:x', acted_at = pro.now(),"
            " acted_by = 'staff:x', action = 'rang'"
        )
        await trial.says("K-001", "fever again")
        assert await alerts(trial) == [("K-001", "text:fever")] * 2
        assert await trial.count("alerts", "acted_at IS NULL") == 1


@pytest.mark.parametrize("text", ["no fever", "没有发烧", "热敷", "a hot water bottle helps"])
async def test_a_sign_s_word_without_a_sign_is_read_at_once_and_alarms_nobody(
    database_url: str, text: str
) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        reply = await trial.says("K-001", text)
        assert reply is not None
        assert SITE in reply
        assert await alerts(trial) == []
        assert await texts(trial) == [("needs_reading", True)]


async def test_an_urgent_text_nobody_reads_makes_a_call_until_it_is_read(database_url: str) -> None:
    """R8: what raised nothing is on the urgent clock all the same."""
    async with open_trial(database_url) as trial:
        await asked(trial, "K-001", "K-002")
        await trial.says("K-001", "no fever")
        await trial.says("K-002", "I have a fever")

        async def calls() -> list[tuple[str, str]]:
            await rounds.call_round(trial.pools.worker, trial.context)
            found = await trial.fetch(
                "SELECT p.code, k.reason FROM call_tasks AS k JOIN participants AS p"
                " ON p.id = k.participant_id WHERE k.closed_at IS NULL AND k.visit_id IS NULL"
                " ORDER BY p.code"
            )
            return [(code, reason) for code, reason in found]

        assert await calls() == []
        await trial.move(timedelta(hours=4))
        expected = [("K-001", "text_unread"), ("K-002", "alert_unseen")]
        assert await calls() == expected
        assert await calls() == expected
        await trial.owner_does("UPDATE pro.inbounds SET read_at = pro.now(), read_by = 'staff:x'")
        assert await calls() == [("K-002", "alert_unseen")]
        outcomes = await trial.fetch("SELECT outcome FROM call_tasks WHERE reason = 'text_unread'")
        assert outcomes == [("text read",)]


async def test_words_that_are_an_answer_of_the_checklist_raise_its_own_rule_alone(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.happened("K-001", statuses=[Status.active])
        await trial.ask()
        await trial.says("K-001", "I have this")
        assert await alerts(trial) == [("K-001", "warning_sign")]


async def test_a_reaction_to_our_own_words_warns_of_nothing(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.says("K-001", "Liked “fever, or shivering with cold”")
        assert await alerts(trial) == []
        assert await texts(trial) == [("reaction", False)]


async def test_a_contact_s_text_alarms_about_the_participant(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await asked(trial)
        await trial.owner_does(
            "SET pro.reason = 'a test'; UPDATE pro.contact_points SET whose = 'child',"
            " may_be_texted = true, agreed_on = '2026-01-01'"
        )
        await trial.says("K-001", "Mum fell this morning")
        await trial.owner_does(
            "SET pro.reason = 'a test';"
            " UPDATE pro.contact_points SET may_be_texted = false, agreed_on = NULL"
        )
        reply = await trial.says("K-001", "she cannot walk")
        assert reply is not None
        assert SITE in reply.split("\n")[0]
        assert await alerts(trial) == [("K-001", "text:fall"), ("K-001", "text:weight")]
        assert await trial.count("alerts", "uncertain_who") == 0
