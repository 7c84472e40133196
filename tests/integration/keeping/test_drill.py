"""The drill: after the backup people stop, die, change; the database is lost; nobody is hurt."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pro_service.domain.erasing import Ground
from pro_service.domain.study.consenting.parts import ConsentPart
from pro_service.domain.study.facts import EventKind, Status
from pro_service.services import keeping
from pro_service.services.record import SaidConsent, say_part
from pro_service.services.texting import numbers
from pro_service.services.texting.opt_outs import opt_in_by_staff
from pro_service.services.visits import ErasureWish, restrict, sign_erasure
from pro_service.store.journal import JournalLine, read_journal
from pro_service.store.keeping import holds
from pro_service.store.pools import connect
from tests.integration.keeping.restored import (
    hands_of,
    journalled,
    place_of,
    quiet,
    reopened,
    replayed,
    work,
)
from tests.support.databases import empty_database
from tests.support.study import ACTOR, Trial, open_trial, phone, row

STOPS, DIES, WRONG, LEAVES, MOVES, AGREES_NOT, RESTRICTED, FIRST, SECOND = (
    f"K-00{n}" for n in range(1, 10)
)
LATE = "K-010"
"""Enrolled after the backup."""
SILENT = (STOPS, DIES, WRONG, LEAVES, MOVES, AGREES_NOT, RESTRICTED)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    """A journal kept during the test."""
    with journalled(tmp_path / "journal") as folder:
        yield folder


@pytest.fixture
async def trial(database_url: str, journal: Path) -> AsyncIterator[Trial]:
    """Nine participants who were injected and have had their first texts."""
    async with open_trial(database_url) as opened:
        await opened.enrol(*(row(code) for code in (*SILENT, FIRST, SECOND)))
        await opened.ask()
        await opened.move(timedelta(days=2))
        for code in (*SILENT, FIRST, SECOND):
            await opened.happened(code)
        yield opened


@pytest.fixture
def other_url(server_url: str) -> Iterator[str]:
    """The empty database of the restore."""
    with empty_database(server_url) as url:
        yield url


async def life_goes_on(trial: Trial) -> None:
    """What happens after the backup."""
    for _ in range(2):
        await trial.ask()
    await trial.says(STOPS, "STOP")
    await trial.happened(DIES, EventKind.death)
    trial.provider.faults.bad_numbers.add(trial.phones[WRONG])
    await trial.status(LEAVES, Status.withdrew_follow_up)
    await numbers.change_number(trial.who(MOVES), phone(70), ACTOR, "bought another telephone")
    said = SaidConsent((await trial.now()).date(), ACTOR, "wants no texts")
    await say_part(trial.who(AGREES_NOT), ConsentPart.messages, said, given=False)
    await restrict(trial.who(RESTRICTED), actor=ACTOR, reason="at her wish")
    await restrict(trial.who(LEAVES), actor=ACTOR, reason="at his wish")
    wish = ErasureWish(Ground.decision, "A Person", "as decided")
    for actor in ("cli:li", "cli:wang"):
        await sign_erasure(trial.who(LEAVES), wish, actor=actor)
    await trial.enrol(row(LATE))
    for _ in range(3):
        await trial.ask()


async def texts_by_code(trial: Trial, lost: Trial) -> Counter[str]:
    """How many texts each telephone has had; the provider keeps them all."""
    return Counter({code: len(await lost.texts(code)) for code in trial.participants})


async def nudges(trial: Trial) -> dict[UUID, set[tuple[UUID, int]]]:
    """Which nudges each message was: visit and ordinal."""
    found: dict[UUID, set[tuple[UUID, int]]] = {}
    for message, visit, ordinal in await trial.fetch(
        "SELECT message_id, visit_id, ordinal FROM pro.reminders WHERE message_id IS NOT NULL"
    ):
        found.setdefault(message, set()).add((visit, ordinal))
    return found


async def test_after_a_restore_nobody_who_stopped_is_written_to_and_nothing_goes_twice(
    trial: Trial, journal: Path, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    made = await keeping.make_backup(place_of(trial.url), file, None, quiet)
    await life_goes_on(trial)
    vault = trial.context.keys.vault
    await keeping.restore_backup(place_of(other_url), file, None, vault, quiet)

    async with reopened(trial, other_url) as again:
        before = await texts_by_code(again, trial)
        assert before[STOPS] > 0
        for _ in range(3):
            await work(again)
        assert await texts_by_code(again, trial) == before

        found = await replayed(again, journal, made)
        done = {(one.code, one.words.split(":")[0]) for one in found if one.outcome == "done"}
        assert (STOPS, "opted out") in done
        assert any(code == DIES and words.startswith("died on") for code, words in done)
        assert (WRONG, "the number rests until its call task is closed") in done
        assert (AGREES_NOT, "does not agree any more") in done
        assert (RESTRICTED, "is restricted") in done
        assert (LEAVES, "has the status withdrew_follow_up") in done
        assert (LEAVES, "is erased again") in done
        assert (await again.facts(LEAVES)).data_key is None
        assert await again.count("erasures", "step = 'again'") == 1
        assert (MOVES, "the number has ended") in done
        confirm = " ".join(f"{one.code} {one.words}" for one in found if one.outcome == "confirm")
        assert "enrolled later" in confirm
        assert f"{MOVES} got another number" in confirm
        bound, unknown = await keeping.ask_provider(hands_of(again), _lines(journal, made))
        # The one that it refused for the number, and two whose number nobody can read any more.
        assert (bound > 0, unknown) == (True, 3)
        assert {one.outcome for one in await replayed(again, journal, made)} == {
            "stands",
            "confirm",
        }
        for _ in range(3):
            await work(again)
        await again.move(timedelta(days=1))
        await work(again)
        assert await texts_by_code(again, trial) == before, "held, and yet a text went"

        await keeping.release(again.operator, "cli:dr wang", "rang everybody on the list")
        for _ in range(60):
            await again.move(timedelta(hours=12))
            await work(again)
        after = await texts_by_code(again, trial)
        grown = {code: after[code] - before[code] for code in after}
        assert {code: grown[code] for code in SILENT} == dict.fromkeys(SILENT, 0)
        assert grown[FIRST] > 0
        assert grown[SECOND] > 0
        assert await _twice(again, trial) == {}
        assert await trial.provider.doubles() == 0


def _lines(journal: Path, made: keeping.Manifest) -> list[JournalLine]:
    return read_journal(journal, made.made_at - keeping.OVERLAP).lines


async def _taken(lost: Trial) -> list[tuple[UUID]]:
    connection = await connect(lost.url, role="pro_owner", actor="test")
    try:
        rows = await connection.fetch(
            "SELECT reference FROM simulator.texts WHERE direction = 'to_phone'"
        )
    finally:
        await connection.close()
    return [(row["reference"],) for row in rows]


async def _twice(again: Trial, lost: Trial) -> dict[tuple[UUID, int], int]:
    """Nudges of which the provider took more than one text."""
    known = await nudges(lost) | await nudges(again)
    counted: Counter[tuple[UUID, int]] = Counter()
    for (reference,) in await _taken(lost):
        counted.update(known.get(reference, set()))
    return {nudge: times for nudge, times in counted.items() if times > 1}


@pytest.mark.thorough
async def test_without_the_journal_people_would_have_been_hurt(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    """What the drill above would look like: it finds what it is there to find."""
    file = tmp_path / "backup.pro"
    await keeping.make_backup(place_of(trial.url), file, None, quiet)
    await life_goes_on(trial)
    vault = trial.context.keys.vault
    await keeping.restore_backup(place_of(other_url), file, None, vault, quiet)
    async with reopened(trial, other_url) as again:
        before = await texts_by_code(again, trial)
        await keeping.release(again.operator, "cli:nobody", "did not look")
        for _ in range(10):
            await again.move(timedelta(hours=12))
            await work(again)
        after = await texts_by_code(again, trial)
        assert all(after[code] > before[code] for code in (STOPS, DIES, LEAVES))
        assert await _twice(again, trial) != {}


async def test_a_stop_that_was_taken_back_waits_for_a_person(
    trial: Trial, journal: Path, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    made = await keeping.make_backup(place_of(trial.url), file, None, quiet)
    await trial.says(FIRST, "STOP")
    await opt_in_by_staff(trial.who(FIRST), ACTOR, "she rang")
    vault = trial.context.keys.vault
    await keeping.restore_backup(place_of(other_url), file, None, vault, quiet)
    async with reopened(trial, other_url) as again:
        found = await replayed(again, journal, made)
        assert (await again.facts(FIRST)).opted_out_at is not None
        assert any(one.code == FIRST and "opt-in" in one.words for one in found)


async def test_a_status_that_can_follow_nothing_more_is_shown_and_the_rest_is_put_back(
    trial: Trial,
) -> None:
    """Lines of just before the backup are replayed too: what came after them stands already."""
    await trial.status(LEAVES, Status.withdrew_data_use)
    lines = [
        JournalLine(
            kind="status",
            study_id=trial.study_id,
            participant_id=trial.participants[code],
            status=Status.paused,
        )
        for code in (LEAVES, FIRST)
    ]
    found = await keeping.replay(hands_of(trial), lines)
    assert [(one.code, one.outcome) for one in found] == [(LEAVES, "confirm"), (FIRST, "done")]
    assert "it is not put back by itself" in found[0].words


async def test_a_hold_is_released_once_by_a_named_person_with_a_reason(
    trial: Trial, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.pro"
    await keeping.make_backup(place_of(trial.url), file, None, quiet)
    vault = trial.context.keys.vault
    await keeping.restore_backup(place_of(other_url), file, None, vault, quiet)
    async with reopened(trial, other_url) as again:
        assert await holds.get_open_hold(again.operator) is not None
        with pytest.raises(keeping.ReasonNeededError):
            await keeping.release(again.operator, "cli:wang", " ")
        await keeping.release(again.operator, "cli:wang", "rang everybody")
        assert await holds.get_open_hold(again.operator) is None
        with pytest.raises(keeping.NotHeldError):
            await keeping.release(again.operator, "cli:wang", "once more")
        assert await again.fetch(
            "SELECT operation, actor, count(*) FROM pro.audit_entries"
            " WHERE table_name = 'sending_holds' GROUP BY 1, 2 ORDER BY 1"
        ) == [("INSERT", ACTOR, 1), ("UPDATE", ACTOR, 1)]
