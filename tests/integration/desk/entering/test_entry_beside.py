"""Entry beside everything else: pages and texts, closings, blinding, duties, exports."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from pro_service.catalog.protocol_files import LoadedProtocol
from pro_service.domain.study.entering import Duty
from pro_service.domain.study.facts import Status
from pro_service.domain.study.protocol import InstrumentUse
from pro_service.services import rounds
from pro_service.services.exports.export import export
from pro_service.services.study.staff import make_staff, say_duty
from pro_service.store.study.studies import StudyRow
from tests.integration.desk.entering.test_entry import ENTRY, PAGE, WOMAC, begin, keep, send_address
from tests.support import study
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.example import example_study
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Left, Trial, go_on_with, open_trial, row
from tests.support.web import browsing

STAFF: Final = {"anna": "coordinator", "ines": "investigator"}


async def add_staff(trial: Trial) -> None:
    for login, role in STAFF.items():
        await make_staff(
            trial.operator,
            trial.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
            actor=ACTOR,
        )


async def begin_trial(running: Trial) -> None:
    """A participant whose baseline is open, a coordinator and an investigator."""
    await running.enrol(row("K-001"))
    await add_staff(running)


begun = begun_by(begin_trial)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


async def sittings(trial: Trial) -> list[tuple[str, int]]:
    """The sittings at WOMAC with how many answers each holds, in order."""
    return [
        (mode, count)
        for mode, count in await trial.fetch(
            "SELECT t.mode, count(r.id) FROM attempts AS t"
            " JOIN assessments AS a ON a.id = t.assessment_id AND a.instrument = 'womac-nrs-3.1'"
            " LEFT JOIN responses AS r ON r.attempt_id = t.id GROUP BY t.id, t.mode ORDER BY t.id"
        )
    ]


async def test_a_text_that_comes_while_an_entry_is_open_is_a_sitting_of_its_own(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await begin(trial, desk, "womac-nrs-3.1")
    _, html = await keep(desk, html, pain_1="7", pain_2="7")
    await trial.ask()
    for said in ("1", "2", "3"):
        assert await trial.says("K-001", said) is not None
    assert await sittings(trial) == [("telephone", 2), ("text", 3)]
    _, html = await keep(desk, html, pain_3="7")
    await trial.says("K-001", "4")
    assert await sittings(trial) == [("telephone", 3), ("text", 4)]
    values = await trial.fetch(
        "SELECT t.mode, array_agg(DISTINCT r.value) FROM responses AS r"
        " JOIN attempts AS t ON t.id = r.attempt_id GROUP BY t.mode ORDER BY t.mode"
    )
    assert values == [("telephone", [7]), ("text", [1, 2, 3, 4])]


async def paper_after_closing(trial: Trial, desk: aiohttp.ClientSession, told: datetime) -> None:
    """Type in and send a paper that was filled in then."""
    local = told + timedelta(hours=8)
    status, html = await begin(
        trial,
        desk,
        "womac-nrs-3.1",
        mode="paper",
        original="binder 3",
        told_on=local.date().isoformat(),
        told_time=f"{local:%H:%M}",
    )
    assert status == 200
    _, html = await keep(desk, html, **dict.fromkeys(WOMAC, "4"))
    status, _ = await press(desk, html, send_address(html))
    assert status == 200


async def close_baseline(trial: Trial) -> None:
    """The injection comes, the baseline closes, and the round settles what stands."""
    await trial.move(timedelta(days=3))
    await trial.happened("K-001", statuses=[Status.active])
    await trial.move(timedelta(minutes=10))
    await rounds.closing_round(trial.pools.worker, trial.context)


async def test_a_paper_filled_in_in_time_counts_in_time_though_typed_after_closing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    told = (await trial.now()).replace(second=0, microsecond=0) + timedelta(days=1)
    await close_baseline(trial)
    await paper_after_closing(trial, desk, told)
    await rounds.closing_round(trial.pools.worker, trial.context)
    chosen = await trial.fetch(
        "SELECT c.reason, t.mode, t.submitted_at = $1 FROM standing_sittings AS c"
        " JOIN attempts AS t ON t.id = c.attempt_id",
        told,
    )
    assert chosen == [("only", "paper", True)]
    _, html = await page(desk, PAGE)
    first = html.partition('id="schedule"')[2].partition("WOMAC")[0].rpartition("<li>")[2]
    assert "completed" in first
    assert "the paper lies: binder 3" in html


async def test_what_was_the_record_at_closing_stays_it_and_the_paper_is_late(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    for said in ("1", "2", "3"):
        await trial.says("K-001", said)
    told = await trial.now()
    await close_baseline(trial)
    await paper_after_closing(trial, desk, told)
    await rounds.closing_round(trial.pools.worker, trial.context)
    chosen = await trial.fetch(
        "SELECT t.mode FROM standing_sittings AS c JOIN attempts AS t ON t.id = c.attempt_id"
        " JOIN assessments AS a ON a.id = c.assessment_id AND a.instrument = 'womac-nrs-3.1'"
    )
    assert chosen == [("text",)]
    late = await trial.fetch(
        "SELECT t.submitted_at > v.closes_at, t.started_at = $1, t.sending_entered_at IS NULL"
        " FROM attempts AS t JOIN assessments AS a ON a.id = t.assessment_id"
        " JOIN visits AS v ON v.id = a.visit_id WHERE t.mode = 'paper'",
        told.replace(second=0, microsecond=0),
    )
    assert late == [(True, True, True)]


async def test_whoever_may_not_read_answers_sees_no_value_anywhere(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """R6: the coordinator types, and is shown nothing of it in any room afterwards."""
    _, html = await begin(trial, desk, "womac-nrs-3.1")
    _, html = await keep(desk, html, **dict.fromkeys(WOMAC[:3], "7"))
    entry = send_address(html).removesuffix("/send")
    _, html = await keep(desk, html, **dict.fromkeys(WOMAC[3:], "7"))
    for path in (entry, ENTRY, PAGE, "/desk", "/desk/participants", "/desk/texts"):
        _, shown = await page(desk, path)
        assert " checked" not in shown, path
        assert 'class="answers"' not in shown, path
        words = re.sub(r"<[^>]*>", " ", shown.replace("<strong>7</strong>", "SHOWN"))
        # Ids and secrets of forms hold any digits: sums are looked for as words.
        assert not re.search(r"SHOWN|(?<![\d:])(?:35|168)(?![\d:])", words), path
    await press(desk, html, send_address(html))
    _, shown = await page(desk, PAGE)
    assert 'class="answers"' not in shown
    assert ">168<" not in shown
    async with browsing(trial.server) as reader:
        await sign_in(reader, "ines")
        _, shown = await page(reader, PAGE)
        assert 'class="answers"' in shown
        assert "168" in shown


async def test_whoever_has_a_duty_that_excludes_enters_nothing_until_it_ends(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await begin(trial, desk)
    for duty in Duty:
        for held, status in ((True, 403), (False, 200)):
            await say_duty(
                trial.operator,
                trial.study_id,
                login="anna",
                duty=duty,
                held=held,
                reason="said by the sponsor",
                actor=ACTOR,
            )
            assert (await page(desk, ENTRY))[0] == status
            if held:
                assert (await keep(desk, html, pain="4"))[0] == 403
    assert (await keep(desk, html, pain="4"))[0] == 200


async def test_exports_name_who_typed_and_repeat_as_of_before_it_was_sent(
    trial: Trial, desk: aiohttp.ClientSession, tmp_path: Path
) -> None:
    row_of_study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")

    async def exported(name: str, as_of: datetime | None = None) -> bytes:
        folder = tmp_path / name
        await export(trial.operator, trial.context, row_of_study, folder, as_of=as_of)
        return (folder / "scores.csv").read_bytes() + (folder / "items.csv").read_bytes()

    _, html = await begin(trial, desk)
    _, html = await keep(desk, html, pain="4")
    await trial.move(timedelta(hours=1))
    instant = await trial.now()
    before = await exported("before", instant)
    await trial.move(timedelta(hours=1))
    await press(desk, html, send_address(html))
    assert await exported("again", instant) == before
    await exported("after")
    with (tmp_path / "after" / "items.csv").open(encoding="utf-8-sig") as file:
        found = [one for one in csv.DictReader(file) if one["mode"] == "telephone"]
    assert [
        (one["value"], one["entered_by"], one["interviewer"], one["not_for_analysis"], one["state"])
        for one in found
    ] == [("4", "staff:anna", "staff:anna", "", "completed")]


@pytest.fixture
async def strict(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Trial, aiohttp.ClientSession]]:
    """The same with a protocol that names telephone for pain alone, and only the participant."""
    loaded = example_study()
    uses = {name: InstrumentUse(by_text=True) for name in loaded.protocol.instruments}
    uses["pain-nrs"] = InstrumentUse(
        by_text=True, modes=("web", "text", "telephone"), respondents=("self",)
    )
    changed = loaded.protocol.model_copy(update={"instruments": uses})
    other = LoadedProtocol(changed, loaded.text, loaded.content_sha256)
    monkeypatch.setattr(study, "example_study", lambda: other)
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
        await add_staff(trial)
        async with browsing(trial.server) as browser:
            await sign_in(browser)
            yield trial, browser


async def test_what_the_protocol_does_not_name_is_kept_apart_with_the_reason(
    strict: tuple[Trial, aiohttp.ClientSession], tmp_path: Path
) -> None:
    trial, desk = strict
    status, html = await begin(trial, desk, respondent="proxy.spouse")
    assert (status, "why they are entered all the same" in html) == (422, True)
    said = {"respondent": "proxy.spouse", "apart_reason": "deaf, his wife answered"}
    status, html = await begin(trial, desk, **said)
    assert (status, "does not name this respondent" in html) == (200, True)
    _, html = await keep(desk, html, pain="4")
    await press(desk, html, send_address(html))
    ((apart, reason),) = await trial.fetch("SELECT apart, apart_reason FROM attempts")
    assert apart == "respondent"
    assert await spoken(trial.operator, trial.context, reason) == "deaf, his wife answered"
    _, html = await page(desk, PAGE)
    assert "Kept apart: the protocol does not name this respondent for analysis" in html
    row_of_study = StudyRow(trial.study_id, "KNEE-OA-UCMSC", "", "")
    await export(trial.operator, trial.context, row_of_study, tmp_path / "out")
    with (tmp_path / "out" / "scores.csv").open(encoding="utf-8-sig") as file:
        found = [one for one in csv.DictReader(file) if one["not_for_analysis"]]
    assert [(one["not_for_analysis"], one["is_baseline"]) for one in found] == [("respondent", "")]
    both = {"mode": "paper", "original": "binder 3", "apart_reason": "no page, no telephone"}
    told = {"told_on": "2026-01-05", "told_time": "09:00"}
    status, html = await begin(trial, desk, "womac-nrs-3.1", **both, **told)
    assert status == 200
    await keep(desk, html, pain_1="4")
    ((original, reason),) = await trial.fetch(
        "SELECT original, apart_reason FROM attempts WHERE mode = 'paper'"
    )
    words = [await spoken(trial.operator, trial.context, one) for one in (original, reason)]
    assert words == ["binder 3", "no page, no telephone"]
