"""At any time: UNWELL or 不舒服 opens the safety checklist, and somebody is asked to ring."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from tests.support.study import Trial, open_trial, phone, row

NO_CHECKLIST = (
    "ALTER TABLE pro.protocol_versions DISABLE TRIGGER insert_only;"
    " UPDATE pro.protocol_versions"
    " SET document = jsonb_set(document, '{safety,rules}', '[]')"
)
CALLS = "SELECT k.reason, k.closed_at IS NULL, k.outcome FROM call_tasks k ORDER BY k.id"


async def begun(trial: Trial, **cells: str) -> None:
    """K-001, injected, months ago; nothing is open."""
    await trial.enrol(row("K-001", **cells))
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(timedelta(days=100))
    await rounds.closing_round(trial.pools.worker, trial.context)


async def checklists(trial: Trial) -> int:
    """How many visits were made because somebody said that something is wrong."""
    return await trial.count("visits", "definition = 'unwell' AND kind = 'unscheduled'")


async def test_the_reply_says_whom_to_ring_before_the_first_question(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        reply = await trial.says("K-001", "Unwell!")
        assert reply is not None
        site = (await trial.facts("K-001")).site
        heard, called, please, question, *_ = reply.split("\n")
        assert "not read at all hours" in heard
        assert site.telephone in heard
        assert site.emergency_number in heard
        assert called == "The study team has been asked to ring you."
        assert please == "Please answer these questions now:"
        assert "fever" in reply
        assert question
        assert await trial.fetch(CALLS) == [("unwell", True, None)]
        assert await checklists(trial) == 1


async def test_in_chinese(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial, language="zh_CN")
        reply = await trial.says("K-001", "我不舒服。")
        assert reply is not None
        assert "并非随时有人查看" in reply
        assert "120" in reply
        assert "发烧" in reply


async def test_a_sign_in_the_checklist_is_an_alert_at_once(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await trial.says("K-001", "UNWELL")
        reply = await trial.says("K-001", "1")
        assert reply is not None
        assert "needs attention today" in reply
        # Not waiting for the rest: seven questions of the checklist are open still.
        alerts = await trial.fetch("SELECT rule, severity FROM alerts")
        assert alerts == [("warning_sign", "urgent")]
        await trial.says("K-001", "UNWELL")
        for _ in range(7):
            reply = await trial.says("K-001", "0")
        assert await trial.count("alerts") == 1
        assert reply is not None
        assert "pain" in reply


async def test_answering_it_ends_the_call_and_opens_nothing_twice(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await trial.says("K-001", "UNWELL")
        for _ in range(3):
            await trial.says("K-001", "0")
        # Said again, it goes on where it was.
        reply = await trial.says("K-001", "something is wrong")
        assert reply is not None
        assert "weight" in reply
        assert (await checklists(trial), await trial.count("call_tasks")) == (1, 1)
        for _ in range(6):
            reply = await trial.says("K-001", "0")
        assert await trial.fetch(CALLS) == [("unwell", False, "answered")]
        await trial.says("K-001", "UNWELL")
        assert await checklists(trial) == 2


async def test_it_comes_before_whatever_else_is_open(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        assert "fever" in (await trial.says("K-001", "UNWELL") or "")
        for _ in range(10):
            await trial.says("K-001", "0")
        assert await trial.fetch(
            "SELECT v.definition, count(*) FROM responses r"
            " JOIN assessments a ON a.id = r.assessment_id JOIN visits v ON v.id = a.visit_id"
            " GROUP BY v.definition ORDER BY v.definition"
        ) == [("baseline", 1), ("unwell", 9)]


async def test_it_is_in_no_adherence_figure(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        before = await trial.report()
        await trial.says("K-001", "UNWELL")
        await trial.says("K-001", "0")
        after = await trial.report()
        assert after.figures == before.figures


async def test_whoever_opted_out_gets_no_text_and_is_rung(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await trial.says("K-001", "STOP")
        sent = len(await trial.texts("K-001"))
        assert await trial.says("K-001", "UNWELL") is None
        assert await trial.says("K-001", "1") is None
        assert len(await trial.texts("K-001")) == sent
        assert ("unwell", True, None) in await trial.fetch(CALLS)
        # What is written down of it waits on the page.
        assert await checklists(trial) == 1


async def test_in_a_pause_it_is_asked_as_ever(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await trial.status("K-001", Status.paused)
        assert "fever" in (await trial.says("K-001", "UNWELL") or "")


@pytest.mark.parametrize("status", [Status.stopped_questionnaires, Status.completed])
async def test_whoever_is_asked_nothing_any_more_is_rung(database_url: str, status: Status) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await trial.status("K-001", status)
        reply = await trial.says("K-001", "UNWELL")
        assert reply is not None
        assert "asked to ring you" in reply
        assert "questions" not in reply
        assert await trial.fetch(CALLS) == [("unwell", True, None)]
        assert await trial.count("inbounds", "disposition = 'needs_reading'") == 1
        assert await checklists(trial) == 0


async def test_without_a_checklist_in_the_protocol_somebody_reads_and_rings(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await trial.owner_does(NO_CHECKLIST)
        await begun(trial)
        reply = await trial.says("K-001", "UNWELL")
        assert reply is not None
        assert "asked to ring you" in reply
        assert "questions" not in reply
        assert await trial.count("inbounds", "disposition = 'needs_reading'") == 1
        assert await trial.fetch(CALLS) == [("unwell", True, None)]


async def test_an_unanswered_checklist_is_rung_for_until_somebody_was_reached(
    database_url: str,
) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await trial.says("K-001", "UNWELL")
        for outcome in ("no_answer: x", "reached: x"):
            await trial.owner_does(
                "UPDATE pro.call_tasks SET closed_at = pro.now(), closed_by = 'staff:wu',"
                " outcome = $1 WHERE closed_at IS NULL",
                outcome,
            )
            await rounds.call_round(trial.pools.worker, trial.context)
            await trial.move(timedelta(days=1))
            await rounds.call_round(trial.pools.worker, trial.context)
        assert await trial.fetch("SELECT reason, split_part(outcome, ':', 1) FROM call_tasks") == [
            ("unwell", "no_answer"),
            ("safety_unanswered", "reached"),
        ]


async def test_on_a_shared_telephone_it_says_whose_it_is_or_asks(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", phone=phone(1)))
        reply = await trial.says("K-001", "UNWELL")
        assert reply is not None
        assert (await trial.facts("K-001")).site.telephone in reply
        assert await trial.count("inbounds", "disposition = 'needs_reading'") == 1
        await trial.says("K-001", (await trial.facts("K-002")).personal_code)
        reply = await trial.says("K-001", "UNWELL")
        assert reply is not None
        assert reply.startswith(f"For {(await trial.facts('K-002')).start_of_code}:")
        assert await trial.fetch("SELECT participant_id FROM call_tasks") == [
            (trial.participants["K-002"],)
        ]


async def test_said_twice_at_once_it_opens_one_checklist(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        await asyncio.gather(*(trial.says("K-001", "UNWELL") for _ in range(3)))
        assert (await checklists(trial), await trial.count("call_tasks")) == (1, 1)


async def test_no_page_and_no_webhook_makes_a_visit_by_itself(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await begun(trial)
        for pool in (trial.pools.participant, trial.pools.provider):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute("INSERT INTO pro.visits DEFAULT VALUES")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute("INSERT INTO pro.assessments DEFAULT VALUES")


async def test_the_first_text_names_the_word(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002", language="zh_CN"))
        await trial.ask()
        assert "If something is wrong, reply UNWELL." in (await trial.texts("K-001"))[0]
        assert "如有不适，请回复“不舒服”。" in (await trial.texts("K-002"))[0]
