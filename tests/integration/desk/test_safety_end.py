"""A safety follow-up ended by an investigator: at the desk, by a command, and after a restore."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from pro_service.services.study.staff import make_staff
from pro_service.services.visits import NotInvestigatorError, SafetyEndRefusedError, end_safety_for
from pro_service.store.journal import read_journal
from tests.integration.keeping.restored import journalled
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.study import ACTOR, STARTED_AT, Trial, open_trial, row
from tests.support.web import browsing

PAGE = "/desk/participants/K-001"
FORM = f'action="{PAGE}/safety/end"'


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """K-001 injected, paused and called for; an investigator and a coordinator of the site."""
    async with open_trial(database_url) as running:
        await running.enrol(row("K-001"))
        await running.happened("K-001", statuses=[Status.paused])
        for login, role in (("li", "investigator"), ("anna", "coordinator")):
            await make_staff(
                running.operator,
                running.study_id,
                login=login,
                password=PASSWORD,
                site="BJ01",
                role=role,
                actor=ACTOR,
            )
        await running.move(timedelta(days=1, hours=10))
        await call(running)
        assert await running.count("call_tasks", "closed_at IS NULL") == 1
        yield running


async def call(trial: Trial) -> None:
    await rounds.call_round(trial.pools.worker, trial.context)


async def test_an_investigator_ends_it_at_the_desk_and_no_call_follows(trial: Trial) -> None:
    async with browsing(trial.server) as browser:
        await sign_in(browser, "anna")
        assert FORM not in (await page(browser, PAGE))[1]
    async with browsing(trial.server) as browser:
        await sign_in(browser, "li")
        _, html = await page(browser, PAGE)
        assert FORM in html
        status, html = await press(browser, html, f"{PAGE}/safety/end", reason="seen in the ward")
        assert status == 200
        assert FORM not in html
        assert "Safety follow-up was ended by an investigator" in html
        assert "seen in the ward" in html
    ended = await trial.fetch("SELECT e.actor, k.closed_by FROM safety_ends AS e, call_tasks AS k")
    assert ended == [("staff:li", "staff:li")]
    assert await trial.count("audit_entries", "table_name = 'safety_ends'") == 1
    for _ in range(8):
        await trial.move(timedelta(days=1))
        await call(trial)
    assert await trial.count("call_tasks", "reason = 'safety_unanswered'") == 1
    assert await trial.texts("K-001") == []


async def test_a_later_injection_is_followed_up_again(trial: Trial) -> None:
    await end_safety_for(trial.who("K-001"), "li", actor=ACTOR, reason="seen in the ward")
    await trial.move(timedelta(days=2))
    await trial.happened("K-001", at=await trial.now() - timedelta(hours=1))
    await trial.move(timedelta(days=1))
    await call(trial)
    assert await trial.count("call_tasks", "reason = 'safety_unanswered'") == 2


async def test_a_command_ends_it_on_an_investigators_word_alone(trial: Trial) -> None:
    who = trial.who("K-001")
    for login in ("anna", "nobody"):
        with pytest.raises(NotInvestigatorError):
            await end_safety_for(who, login, actor=ACTOR, reason="seen in the ward")
    assert await trial.count("safety_ends") == 0
    await end_safety_for(who, "li", actor=ACTOR, reason="seen in the ward")
    with pytest.raises(SafetyEndRefusedError):
        await end_safety_for(who, "li", actor=ACTOR, reason="once more")
    assert await trial.count("call_tasks", "closed_at IS NULL") == 0


async def test_the_journal_knows_of_it(trial: Trial, tmp_path: Path) -> None:
    with journalled(tmp_path / "journal") as folder:
        await end_safety_for(trial.who("K-001"), "li", actor=ACTOR, reason="seen in the ward")
        lines = read_journal(folder, STARTED_AT - timedelta(days=10_000)).lines
    assert [(one.kind, one.participant_id) for one in lines] == [
        ("safety_ended", trial.participants["K-001"])
    ]
