"""A decimal reads alike wherever it leaves: over the API and in tables of two formats."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from pro_service.domain.instruments.numbers import written
from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.exports.choosing import FORMATS
from pro_service.services.exports.export import Wanted
from pro_service.services.study.programs import Entering, KeyWish, make_key
from pro_service.services.study.staff import make_staff
from tests.integration.exports.test_every_table import exported
from tests.support.desk import PASSWORD
from tests.support.programs import ask
from tests.support.study import ACTOR, Trial
from tests.support.web import browsing


async def test_a_score_reads_alike_over_the_api_and_in_tables(trial: Trial, tmp_path: Path) -> None:
    place = (trial.operator, trial.study_id)
    await make_staff(
        *place, login="ines", password=PASSWORD, site="BJ01", role=Role.investigator, actor=ACTOR
    )
    entering = Entering("ines", Role.investigator, "BJ01")
    wish = KeyWish("registry", frozenset({Scope.read_scores}), 1, 99, entering)
    made = await make_key(*place, wish, actor=ACTOR)
    async with browsing(trial.server) as browser:
        told = await ask(browser, made, "/participants/K-001/scores")
    names = ("definition", "occurrence", "instrument", "target", "scale", "raw", "normalised")
    read = {tuple(str(one[name] or "") for name in names) for one in told.json["items"]}

    formats, instruments = ("csv", "dataset-json"), trial.context.catalogue.instruments
    wanted = Wanted(
        formats=formats, writers=lambda: tuple(FORMATS[one](instruments) for one in formats)
    )
    tables = await exported(trial, tmp_path / "out", wanted=wanted)
    columns = ("visit", "occurrence", "instrument", "target", "scale", "raw", "score_0_100")
    rows = [one for one in tables["scores"] if one["participant"] == "K-001" and one["basis"]]
    assert read == {tuple(one[name] for name in columns) for one in rows}
    figures = {figure for *_, raw, normalised in read for figure in (raw, normalised) if figure}
    assert figures
    assert figures == {written(Decimal(one)) for one in figures}

    document = json.loads((tmp_path / "out" / "scores.json").read_text(encoding="utf-8"))
    cells = {cell for row in document["rows"] for cell in row if isinstance(cell, str)}
    assert figures <= cells
