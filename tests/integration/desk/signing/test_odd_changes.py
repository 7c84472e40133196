"""When a visit is settled, what looks wrong is asked about once: a score that moved too far."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pro_service.services import rounds
from tests.integration.desk.entering.test_entry import begin, keep, send_address
from tests.support.desk import page, press, sign_in
from tests.support.study import Trial
from tests.support.versions import EXAMPLE, store_version
from tests.support.web import browsing

RULES: Final = """
[data_query]

[[data_query.change]]
instrument = "pain-nrs"
scale = "pain"
at_least = 6

[[signature_meaning]]
id = "approved"
label = { en = "Approved for the analysis", zh_CN = "批准用于分析" }
"""


async def test_a_score_that_moved_too_far_since_the_visit_before_is_asked_about_once(
    trial: Trial,
) -> None:
    version = await store_version(trial, EXAMPLE + RULES)
    await trial.operator.execute(
        "WITH said AS MATERIALIZED (SELECT set_config('pro.reason', 'amended', false) AS s)"
        " UPDATE pro.participants SET protocol_version_id = $1 FROM said WHERE said.s <> ''",
        version,
    )
    await trial.move(timedelta(days=14))
    async with browsing(trial.server) as anna, browsing(trial.server) as ines:
        await sign_in(anna)
        _, html = await begin(trial, anna, visit="week_2")
        _, html = await keep(anna, html, pain="2")
        await press(anna, html, send_address(html))
        for _ in range(2):
            await trial.move(timedelta(days=5))
            await rounds.closing_round(trial.pools.worker, trial.context)
        raised = await trial.fetch(
            "SELECT q.rule, q.actor, v.definition FROM data_queries AS q JOIN assessments AS a"
            " ON a.id = q.assessment_id JOIN visits AS v ON v.id = a.visit_id"
        )
        assert raised == [("changed_much", "service:worker", "week_2")]

        await sign_in(ines, "ines")
        _, html = await page(ines, "/desk/signing")
        assert '#queries">1<span' in html
        _, html = await page(ines, "/desk/participants/K-001/signing/all")
        assert "Data queries about this participant that nobody has closed: 1." in html
        assert "Approved for the analysis" in html
        assert "desk.signing.meaning.reviewed" not in html
