"""Waves: many participants' nudges at once come to what each alone would, whatever goes wrong."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.services.texting import delivery, due_list, remind, send_claimed
from pro_service.services.texting import reminders as texting_reminders
from pro_service.services.texting.opt_outs import opt_out_by_staff
from pro_service.services.texting.reminders import LEASE_SECONDS
from pro_service.store.ids import new_id
from pro_service.store.journal import journal_in, read_journal
from pro_service.store.pools import connect
from pro_service.store.texting import messages, reminders
from pro_service.store.texting.reminders import ClaimOf, ClaimWrite, WaveWrite
from pro_service.texts.catalogue import MissingTextError
from tests.support.databases import clone
from tests.support.statements import statements
from tests.support.study import ACTOR, STARTED_AT, Trial, open_trial, phone, row

EVERYTHING = {
    "reminders": "SELECT p.code, v.definition, r.ordinal, date_trunc('minute', r.due_at),"
    " date_trunc('minute', r.ended_at), r.end_reason, r.message_id IS NOT NULL, r.actor"
    " FROM reminders r JOIN visits v ON v.id = r.visit_id"
    " JOIN participants p ON p.id = r.participant_id",
    "messages": "SELECT p.code, m.template, m.language, m.encoding, m.segments, m.state, m.tries,"
    " date_trunc('minute', m.claimed_at), m.expires_at, m.line_id = (SELECT min(l.id::text)::uuid"
    " FROM lines l WHERE l.their_index = o.their_index), m.actor FROM messages m"
    " JOIN lines o ON o.id = m.line_id JOIN participants p ON p.id = m.participant_id",
    "conversations": "SELECT p.code, c.dialogue #> '{prompt,items}', c.dialogue -> 'waiting',"
    " c.revision FROM conversations c JOIN participants p ON p.id = c.participant_id",
    "call_tasks": "SELECT p.code, k.reason, v.definition, k.closes_at FROM call_tasks k"
    " JOIN participants p ON p.id = k.participant_id LEFT JOIN visits v ON v.id = k.visit_id",
    "invitations": "SELECT p.code, v.definition, i.expires_at, i.actor FROM invitations i"
    " JOIN visits v ON v.id = i.visit_id JOIN participants p ON p.id = i.participant_id",
    "revisions": "SELECT p.code, r.revision FROM participant_revisions r"
    " JOIN participants p ON p.id = r.participant_id",
}


def cast(seed: int) -> list[dict[str, str]]:
    """Participants of every kind; some share a telephone."""
    draw = random.Random(seed)
    rows: list[dict[str, str]] = []
    for number in range(12):
        shares = rows and draw.random() < 0.4
        rows.append(
            row(
                f"K-{number:03}",
                channel=draw.choice(["text", "link"]),
                language=draw.choice(["en", "zh_CN"]),
                zone=draw.choice(["Asia/Shanghai", "Europe/London"]),
                phone=draw.choice(rows)["phone"] if shares else phone(number),
                treated_knees=draw.choice(["left", "right", "left, right"]),
                messaging_consent="no" if draw.random() < 0.1 else "yes",
            )
        )
    return rows


async def remind_each_alone(trial: Trial) -> None:
    worker = trial.pools.worker
    while rows := await reminders.list_due(worker, 200):
        for one in rows:
            claimed = await remind(worker, trial.context, *one)
            if claimed is not None:
                await send_claimed(worker, trial.context, claimed)


async def remind_in_waves(trial: Trial) -> None:
    while await trial.remind():
        pass


async def live(url: str, seed: int, way: Callable[[Trial], Any]) -> dict[str, Counter[Any]]:
    """Live through some nudges; every row afterwards, but for its ids."""
    draw = random.Random(seed)
    async with open_trial(url) as trial:
        rows = cast(seed)
        await trial.enrol(*rows)
        paused, silent, *injected = draw.sample([one["code"] for one in rows], 5)
        await trial.status(paused, Status.paused)
        await opt_out_by_staff(trial.who(silent), ACTOR, "asked for it")
        for hours in (0, 0, 3, 0, 0):  # the third round wakes in quiet hours
            await trial.move_to_next_nudge()
            await trial.move(timedelta(hours=hours))
            await way(trial)
            await trial.provider.drain()
            while injected:
                await trial.happened(injected.pop(), statuses=[Status.active])
        return {
            name: Counter(map(repr, await trial.fetch(sql))) for name, sql in EVERYTHING.items()
        }


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.thorough)])
async def test_a_wave_does_what_each_alone_would(
    server_url: str, template_database: str, seed: int
) -> None:
    seen = []
    for way in (remind_in_waves, remind_each_alone):
        copy = clone(server_url, template_database)
        url = await asyncio.to_thread(copy.__enter__)
        try:
            seen.append(await live(url, seed, way))
        finally:
            await asyncio.to_thread(copy.__exit__, None, None, None)
    together, alone = seen
    assert sum(together["messages"].values()) >= 8
    assert together == alone


async def test_a_wave_takes_the_same_statements_for_three_as_for_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}", channel="link") for n in range(3)))
        await trial.ask()
        await trial.move_to_next_nudge()
        with statements(monkeypatch) as said:
            assert await trial.remind() == 3
        marked = Counter(said).pop("mark_messages")
        assert 1 <= marked <= 3
        ours = Counter(one for one in said if one not in {"mark_messages", "insert_text_to_phone"})
        assert ours == Counter(
            {
                "list_due": 1,
                "list_senders_of": 1,
                "get_lean_facts_of_many": 1,
                "list_lines": 1,
                "list_invitations_of": 1,
                "claim_wave": 1,
            }
        )
        # One entry in the audit for each table and statement, whoever it is about.
        entries = await trial.fetch(
            "SELECT row_count FROM audit_entries WHERE table_name = 'messages'"
            " AND operation = 'INSERT'"
        )
        assert entries == [(3,), (3,)]


async def test_a_wave_claimed_too_long_ago_is_given_back_and_goes_later(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = reminders.claim_wave

    async def stopped_meanwhile(*args: Any) -> set[UUID]:
        # What is left of the lease once the claim stands is less than a call may take.
        done = await claim(*args)
        monkeypatch.setattr(delivery, "CALL_BOUND_SECONDS", LEASE_SECONDS)
        return done

    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(3)))
        await trial.move_to_next_nudge()
        with monkeypatch.context() as stopping:
            stopping.setattr(reminders, "claim_wave", stopped_meanwhile)
            await trial.remind()
        assert (
            await trial.fetch("SELECT state, state_reason FROM messages")
            == [("queued", "claimed too long ago")] * 3
        )
        monkeypatch.undo()
        await trial.retry_now()
        assert [len(await trial.texts(f"K-{n:03}")) for n in range(3)] == [1] * 3


async def test_one_whose_facts_moved_on_is_left_out_and_taken_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(4)))
        await trial.move_to_next_nudge()
        claim, done = reminders.claim_wave, list[set[UUID]]()

        async def after_an_opt_out(*parameters: Any) -> set[UUID]:
            await opt_out_by_staff(trial.who("K-001"), ACTOR, "in the meantime")
            done.append(await claim(*parameters))
            return done[-1]

        monkeypatch.setattr(reminders, "claim_wave", after_an_opt_out)
        assert await trial.remind() == 4
        others = {trial.participants[f"K-{n:03}"] for n in (0, 2, 3)}
        assert done == [others]
        assert [len(await trial.texts(f"K-{n:03}")) for n in range(4)] == [1, 0, 1, 1]
        reasons = await trial.fetch(
            "SELECT end_reason FROM reminders WHERE participant_id = $1 AND ended_at IS NOT NULL",
            trial.participants["K-001"],
        )
        assert reasons == [("opted_out",)]


async def test_a_wave_waits_for_nobody_who_is_being_written(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        held = await connect(database_url, role="pro_owner", actor="test:owner")
        try:
            async with held.transaction():
                await held.execute(
                    "SELECT FROM pro.participant_revisions WHERE participant_id = $1 FOR UPDATE",
                    trial.participants["K-001"],
                )
                async with asyncio.timeout(20):
                    assert await claim_nothing(trial, "K-001", "K-002") == {
                        trial.participants["K-002"]
                    }
        finally:
            await held.close()


async def claim_nothing(trial: Trial, *codes: str) -> set[UUID]:
    """Take the turns of these, by one wave without a word in it."""
    found: Sequence[ParticipantFacts] = [await trial.facts(code) for code in codes]
    claims = [
        ClaimOf(participant_id=one.id, revision=one.revision, claim=ClaimWrite()) for one in found
    ]
    return await reminders.claim_wave(trial.pools.worker, trial.study_id, WaveWrite(claims))


@pytest.mark.parametrize("size", [2, due_list.WAVE])
async def test_those_who_share_a_telephone_never_pass_its_limit_together(
    database_url: str, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """In one wave, or in one that was read while the one before was not yet claimed."""
    monkeypatch.setattr(due_list, "WAVE", size)
    async with open_trial(database_url) as trial:
        codes = [f"K-{n:03}" for n in range(1, 6)]
        await trial.enrol(*(row(code, phone=phone(1)) for code in codes), row("K-006"))
        await trial.move_to_next_nudge()
        assert await trial.remind() == 6
        # Three a day is the most for a number there; the protocol would let four go.
        assert (len(await trial.texts("K-001")), len(await trial.texts("K-006"))) == (3, 1)
        reasons = await trial.fetch(
            "SELECT end_reason, count(*) FROM reminders WHERE ended_at IS NOT NULL"
            " GROUP BY 1 ORDER BY 1"
        )
        assert reasons == [("budget", 2), ("sent", 4)]


async def test_one_who_cannot_be_decided_about_holds_nobody_up(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(4)))
        await trial.move_to_next_nudge()
        judged = texting_reminders.judged

        def without_words(*parameters: Any) -> Any:
            due = judged(*parameters)
            if due is not None and due.facts.code == "K-001":
                raise MissingTextError
            return due

        monkeypatch.setattr("pro_service.services.texting.waves.judged", without_words)
        assert await trial.remind() == 4  # taken alone it can be decided about
        assert [len(await trial.texts(f"K-{n:03}")) for n in range(4)] == [1] * 4


@pytest.mark.parametrize("what", ["one row is refused", "nothing can be read together"])
async def test_if_the_wave_fails_each_is_taken_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(4)))
        await trial.move_to_next_nudge()
        if what == "one row is refused":
            # The text of this nudge is stored already, says its key: nothing sends it again.
            await trial.owner_does(
                "INSERT INTO message_keys (study_id, dedupe_key, message_id)"
                " SELECT study_id, 'reminder:' || id, $2 FROM reminders"
                " WHERE participant_id = $1 AND ended_at IS NULL",
                trial.participants["K-001"],
                new_id(),
            )
        else:

            async def broken(*_: Any) -> None:
                raise KeyError("whatever it is")

            monkeypatch.setattr(reminders, "claim_wave", broken)
        refused = what == "one row is refused"
        assert await trial.remind() == (3 if refused else 4)
        counts = [len(await trial.texts(f"K-{n:03}")) for n in range(4)]
        assert counts == ([1, 0, 1, 1] if refused else [1] * 4)


async def test_each_text_of_a_wave_is_journalled_before_it_is_claimed(
    database_url: str, tmp_path: Path
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.move_to_next_nudge()
        with journal_in(tmp_path):
            await trial.remind()
        lines = [one for one in read_journal(tmp_path, STARTED_AT).lines if one.kind == "send"]
        sent = await trial.fetch("SELECT participant_id, id FROM messages")
        assert sorted((one.participant_id, one.message_id) for one in lines) == sorted(sent)
        assert all(len(one.nudges) == 1 for one in lines)


async def test_marks_refused_together_are_written_each_for_itself(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(6)))
        await trial.move_to_next_nudge()
        tries = 0

        async def refused(*_: Any) -> set[UUID]:
            nonlocal tries
            tries += 1
            await asyncio.sleep(0.05)
            raise asyncpg.UniqueViolationError

        monkeypatch.setattr(messages, "mark_messages", refused)
        await trial.remind()
        assert 1 <= tries <= 6
        assert await trial.count("messages", "state <> 'sending'") == 6


async def test_a_text_moved_on_by_its_receipt_stays_where_it_is(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.ask()
        rows = await trial.fetch("SELECT id FROM messages ORDER BY id")
        await trial.owner_does("UPDATE messages SET state = 'sending' WHERE id = $1", *rows[0])
        mark = messages.Mark(MessageState.queued, reason="not accepted")
        moved = await messages.mark_messages(
            trial.pools.worker,
            trial.study_id,
            MessageState.sending,
            {message_id: mark for (message_id,) in rows},
        )
        assert moved == {rows[0][0]}
