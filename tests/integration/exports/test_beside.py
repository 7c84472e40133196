"""R19: an export of a trial sets measures beside answers once the reads of images are locked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pro_service.services.exports.beside import ANSWERED, ReadsOpenError
from pro_service.services.exports.columns import TABLES
from pro_service.services.exports.export import Wanted, export
from tests.integration.desk.correlating.conftest import LOCKED
from tests.support.study import Trial, open_trial

PRODUCTION = """
ALTER TABLE pro.database_identity DISABLE TRIGGER USER;
UPDATE pro.database_identity SET kind = 'production';
"""


async def take_out(trial: Trial, folder: Path, tables: frozenset[str]) -> None:
    """Export some tables."""
    study = await trial.context.reader.study(trial.operator, None)
    wanted = Wanted(tables=tables)
    await export(trial.operator, trial.context, study, folder, wanted=wanted)


async def test_r19_measures_leave_beside_answers_after_the_lock_alone(
    database_url: str, tmp_path: Path
) -> None:
    whole, measured = frozenset(TABLES), frozenset({"measures", "adpro"})
    async with open_trial(database_url) as trial:
        await trial.owner_does(PRODUCTION)
        for number, table in enumerate(sorted(ANSWERED)):
            with pytest.raises(ReadsOpenError, match="not locked"):
                await take_out(trial, tmp_path / str(number), measured | {table})
        with pytest.raises(ReadsOpenError):
            await take_out(trial, tmp_path / "whole", whole)
        assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
        await take_out(trial, tmp_path / "measures", measured)
        await take_out(trial, tmp_path / "answers", whole - {"measures"})
        await trial.owner_does(LOCKED)
        await take_out(trial, tmp_path / "locked", whole)
        assert (tmp_path / "locked" / "scores.csv").exists()
