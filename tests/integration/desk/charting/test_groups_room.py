"""The room of groups: who sees it, when it opens, and what it counts (R20, R6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from pro_service.services.exports.cuts import make_cut
from pro_service.services.record.allocating import check_allocations, load_allocations
from pro_service.services.study.staff import make_staff
from pro_service.tables import read_content
from tests.integration.desk.charting.conftest import BASELINE, Browsers
from tests.integration.desk.texts.conftest import plain
from tests.integration.exports.conftest import INJECTED
from tests.support.desk import PASSWORD, page, press
from tests.support.study import ACTOR, Trial

ROOM: Final = "/desk/groups?scale=womac-nrs-3.1/pain"
PRODUCTION: Final = """
ALTER TABLE pro.database_identity DISABLE TRIGGER USER;
UPDATE pro.database_identity SET kind = 'production';
"""
"""What is refused to everybody: a trial's own database, whose groups are not looked at yet."""


def rows(html: str) -> list[list[str]]:
    """The tables behind the charts, cell by cell."""
    return [
        [plain(cell) for cell in line.replace("</th>", "</td>").split("</td>")[:-1]]
        for body in html.split("<tbody>")[1:]
        for line in body.split("</tbody>")[0].split("</tr>")
        if "<td" in line
    ]


async def test_mean_spread_and_number_stand_by_visit_and_few_have_no_mean(at: Browsers) -> None:
    status, html = await page(await at("dora"), ROOM)
    assert status == 200
    values = [10 * one for one in BASELINE.values()]
    mean = sum(values) / len(values)
    spread = (sum((one - mean) ** 2 for one in values) / (len(values) - 1)) ** 0.5
    assert rows(html) == [
        ["Before the injection", "treated knee", "5", f"{mean:g}", f"{spread:.2f}"],
        ["Week 2", "treated knee", "1", "–", "–"],
    ]
    assert "fewer than 5 values: no mean" in plain(html)
    assert "Participants with a value: 5." in plain(html)


@pytest.mark.parametrize(
    ("login", "status", "said"),
    [("ines", 200, "Participants with a value: 5."), ("anna", 403, ""), ("iris", 200, ": 0.")],
)
async def test_r6_a_seat_counts_those_whose_scores_it_may_see(
    at: Browsers, login: str, status: int, said: str
) -> None:
    found, html = await page(await at(login), ROOM)
    assert found == status
    assert said in plain(html)
    assert ("c-mark" in html) == (login == "ines")


async def test_by_site_each_has_a_panel_of_its_own(at: Browsers) -> None:
    _, html = await page(await at("dora"), f"{ROOM}&split=site")
    assert plain(html).count("site BJ01") >= 1
    assert html.count("<figcaption>") == 1


async def test_r20_a_cut_shows_what_was_known_at_its_instant(trial: Trial, at: Browsers) -> None:
    when = INJECTED + timedelta(days=1)
    await make_cut(
        trial.operator, trial.study_id, "interim-1", at=when, reason="planned", actor=ACTOR
    )
    reader = await at("dora")
    _, html = await page(reader, f"{ROOM}&look=cut/interim-1")
    assert [one[:3] for one in rows(html)] == [["Before the injection", "treated knee", "5"]]
    assert "Data cut interim-1, as of Tue 13 Jan 2026, 02:00 (UTC)." in plain(html)


async def test_r20_no_group_of_a_trial_is_shown_before_a_named_cut(
    trial: Trial, at: Browsers
) -> None:
    reader = await at("dora")
    await trial.owner_does(PRODUCTION)
    status, html = await page(reader, ROOM)
    assert (status, "<svg" in html, rows(html)) == (200, False, [])
    assert "not looked at before a named data cut" in plain(html)
    await make_cut(trial.operator, trial.study_id, "primary", at=None, reason="x", actor=ACTOR)
    _, html = await page(reader, ROOM)
    assert "Data cut primary" in plain(html)


async def test_who_withdrew_the_use_of_the_data_is_in_no_group(trial: Trial, at: Browsers) -> None:
    await trial.owner_does(
        "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor,"
        " reason) SELECT study_id, gen_random_uuid(), id, 'withdrew_data_use', pro.now(), 'cli:t',"
        " 'said' FROM pro.participants WHERE code = 'K-001'"
    )
    _, html = await page(await at("dora"), ROOM)
    assert [one[2] for one in rows(html)] == ["4"]


async def test_by_allocation_only_for_its_holder_and_that_it_was_opened_is_recorded(
    trial: Trial, at: Browsers
) -> None:
    """Somebody unblinded who also keeps data: by the holder's role, the groups by the other."""
    for role in ("allocation_holder", "data_manager"):
        await make_staff(
            trial.operator, trial.study_id, login="uma", password=PASSWORD, site=None, role=role,
            actor=ACTOR,
        )  # fmt: skip
    arms = {code: "cells" if code < "K-005" else "saline" for code in BASELINE}
    text = "participant,arm\n" + "".join(f"{code},{arm}\n" for code, arm in arms.items())
    table = read_content("arms.csv", text.encode())
    rows_in = await check_allocations(trial.operator, trial.study_id, table, "uma")
    await load_allocations(
        *(trial.operator, trial.context, trial.study_id, rows_in),
        holder="uma",
        actor=ACTOR,
        reason="randomised",
    )
    uma = await at("uma")
    _, html = await page(uma, ROOM)
    assert "saline" not in html
    assert await trial.count("allocation_showings") == 0
    status, html = await press(uma, html, "/desk/groups/arms")
    assert status == 200
    assert rows(html) == [
        ["Before the injection", "cells", "4", "–", "–"],
        ["Before the injection", "saline", "1", "–", "–"],
        ["Week 2", "cells", "1", "–", "–"],
    ]
    assert await trial.fetch("SELECT row_count, actor FROM allocation_showings") == [
        (5, "staff:uma")
    ]
    dora = await at("dora")
    _, html = await page(dora, ROOM)
    assert "/desk/groups/arms" not in html
