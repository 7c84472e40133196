"""An event at the desk: looked at first, written as the command writes it, once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import aiohttp

from pro_service.domain.study.events import NewEvent
from pro_service.domain.study.facts import EventKind, Status
from tests.integration.desk.calls.test_call_outcomes import close, make_call
from tests.integration.desk.person.sheets import (
    PAGE,
    by_staff,
    confirm,
    do,
    fill,
    problem,
    said,
    send,
)
from tests.support.desk import page
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial, row

HAPPENED = {
    "event": "injection:1",
    "said": "happened",
    "day": "2026-01-05",
    "at": "09:30",
    "reason": "Done this morning, right on time",
}
SLIPPED = {
    "event": "injection:1",
    "said": "planned",
    "day": "2026-01-26",
    "reason": "The theatre was full",
}
AT = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


async def dates(trial: Trial, code: str) -> list[tuple[object, ...]]:
    """Every present visit of a participant, as it is dated."""
    facts = await trial.facts(code)
    return sorted(
        (one.definition, one.occurrence, one.opens_at, one.target_on, str(one.closes_at))
        for one in facts.visits
    )


async def test_the_preview_of_an_injection_is_what_comes_of_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    before = await trial.facts("K-001")
    event = NewEvent(EventKind.injection, occurred_at=AT)
    expected = await trial.preview("K-001", event)
    status, html = await fill(desk, "event", **HAPPENED)
    assert status == 200
    assert "Nothing is changed yet" in html
    assert "Injection happened Mon 5 Jan 2026, 09:30." in html
    assert "The participant is then: active." in html
    assert f"{len(expected.rescheduling.created)} visits move" in html
    assert (await trial.facts("K-001")).revision == before.revision
    status, html = await confirm(desk, html, "event")
    assert (status, said(html)) == (
        200,
        "The event of K-001 is recorded, and the visits follow it.",
    )
    planned = sorted(
        (one.visit.definition, one.visit.occurrence, one.visit.opens_at)
        for one in expected.rescheduling.created
    )
    created = {new.visit.definition for new in expected.rescheduling.created}
    assert [one[:3] for one in await dates(trial, "K-001") if one[0] in created] == planned
    assert (await trial.facts("K-001")).statuses[-1].status is Status.active


async def test_the_desk_writes_what_the_command_writes(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.enrol(row("K-002"))
    await do(desk, "event", **SLIPPED)
    await trial.happened("K-002", planned_on=date(2026, 1, 26))
    assert await dates(trial, "K-001") == await dates(trial, "K-002")
    kept = await trial.fetch(
        "SELECT e.kind, e.planned_on, e.actor, e.reason FROM events AS e"
        " JOIN participants AS p ON p.id = e.participant_id"
        " WHERE p.code = 'K-001' ORDER BY e.id DESC LIMIT 1"
    )
    ((kind, planned_on, actor, reason),) = kept
    assert (kind, planned_on, actor) == ("injection", date(2026, 1, 26), "staff:anna")
    assert await spoken(trial.operator, trial.context, reason) == SLIPPED["reason"]
    assert await by_staff(trial, "visits") > 0


async def test_a_second_copy_of_the_form_changes_nothing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(desk, "event", **HAPPENED)
    await confirm(desk, html, "event")
    revision = (await trial.facts("K-001")).revision
    status, html = await confirm(desk, html, "event")
    assert status == 200
    assert (await trial.facts("K-001")).revision == revision
    assert await by_staff(trial, "events") == 1


async def test_what_happened_meanwhile_is_shown_before_anything_is_written(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(desk, "event", **HAPPENED)
    await trial.status("K-001", Status.stopped_treatment)
    status, html = await confirm(desk, html, "event")
    assert status == 200
    assert "Something happened to this participant in the meantime" in html
    assert await by_staff(trial, "events") == 0
    await confirm(desk, html, "event")
    assert await by_staff(trial, "events") == 1


async def test_what_was_typed_stays_with_what_is_wrong_with_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    for change, words in (
        ({"day": "2026-02-30"}, "This is not a day"),
        ({"at": "late"}, "This is not a time of day"),
        ({"at": ""}, "Please fill this in"),
        ({"event": "wedding:1"}, "choose one of what is offered"),
        ({"day": "2026-01-20"}, "cannot have happened in the future"),
        ({"day": "2025-01-20"}, "cannot be before consent"),
        ({"reason": " "}, "Please fill this in"),
    ):
        status, html = await fill(desk, "event", **HAPPENED | change)
        assert (status, words in problem(html)) == (422, True), (change, problem(html))
        if "reason" not in change:
            assert HAPPENED["reason"] in html
    assert await by_staff(trial, "events") == 0


async def test_a_preview_can_be_gone_back_from_with_all_that_was_typed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await fill(desk, "event", **HAPPENED)
    status, html = await send(desk, html, f"{PAGE}/event", {"step": "edit"})
    assert status == 200
    assert HAPPENED["reason"] in html
    assert 'value="2026-01-05"' in html


async def test_a_death_ends_everything_and_is_said_to_be_recorded(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    death = HAPPENED | {"event": "death:1", "reason": "Her daughter rang"}
    _, html = await fill(desk, "event", **death)
    assert "The participant is then: died." in html
    status, html = await confirm(desk, html, "event")
    assert (status, said(html)) == (
        200,
        "The event of K-001 is recorded, and the visits follow it.",
    )
    assert (await trial.facts("K-001")).statuses[-1].status is Status.died
    _, html = await page(desk, PAGE)
    assert "died" in html


DIED = HAPPENED | {"event": "death:1", "reason": "Her daughter rang"}
REPORTS = "SELECT rule, severity, happened_on, actor FROM alerts ORDER BY id"


async def alert_steps(desk: aiohttp.ClientSession) -> str:
    """What Today says of alerts."""
    return (await page(desk, "/desk"))[1]


async def test_a_death_recorded_as_an_event_opens_the_step_of_an_alert_at_once(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """R9: as one told in a call does; recorded again with another hour it opens no second."""
    await do(desk, "event", **DIED)
    expected = [("death_reported", "urgent", date(2026, 1, 5), "staff:anna")]
    assert await trial.fetch(REPORTS) == expected
    html = await alert_steps(desk)
    assert "meets a criterion of a serious adverse event" in html
    await do(desk, "event", **DIED | {"day": "2026-01-04", "at": "23:10"})
    assert await trial.fetch(REPORTS) == expected


async def test_the_command_opens_the_same_step(trial: Trial) -> None:
    await trial.happened("K-001", EventKind.death, at=AT)
    assert await trial.fetch(REPORTS) == [("death_reported", "urgent", date(2026, 1, 5), ACTOR)]
    await trial.enrol(row("K-002"))
    await trial.status("K-002", Status.died)
    assert (await trial.fetch(REPORTS))[1:] == [("death_reported", "urgent", None, ACTOR)]


async def test_a_death_that_was_told_in_a_call_opens_no_second_step_as_an_event(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_call(trial, "nudges_unanswered")
    assert (await close(desk, "died"))[0] == 200
    assert await trial.fetch(REPORTS) == [("death_reported", "urgent", None, "staff:anna")]
    await do(desk, "event", **DIED)
    assert (await trial.facts("K-001")).statuses[-1].status is Status.died
    assert await trial.count("alerts") == 1


async def test_a_death_recorded_before_the_call_is_closed_is_not_told_twice(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_call(trial, "alert_unseen")
    await do(desk, "event", **DIED)
    assert (await close(desk, "died", day_died="2026-01-05"))[0] == 200
    assert await trial.count("alerts") == 1


async def test_a_call_keeps_the_day_on_which_somebody_fell(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_call(trial, "nudges_unanswered")
    status, html = await close(desk, "harmed", day_harmed="2026-01-07")
    assert (status, "not a day" in html or "day" in problem(html)) == (422, True)
    assert (await close(desk, "harmed", day_harmed="2026-01-04"))[0] == 200
    assert await trial.fetch(REPORTS) == [
        ("harm_reported", "urgent", date(2026, 1, 4), "staff:anna")
    ]
