"""Values of measures between sites, in the audit, and under a lock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

import pytest

from pro_service.domain.measures.taking import Refused, Said
from pro_service.services.measuring import TypedValue, ValuesTypedError, record_values
from pro_service.store.connection import transaction
from tests.support.measures import UTE, bring, refusals
from tests.support.study import ACTOR, Trial, add_site

LOCK: Final = """
INSERT INTO pro.locks (study_id, id, scope, actor, reason)
SELECT id, gen_random_uuid(), 'study', 'test', 'x' FROM pro.studies;
INSERT INTO pro.locked_visits (study_id, id, lock_id, participant_id, visit_id, actor)
SELECT v.study_id, gen_random_uuid(), k.id, v.participant_id, v.id, 'test'
FROM pro.visits AS v CROSS JOIN pro.locks AS k WHERE v.definition = 'screening'
"""
WEIGHT: Final = {"participant": "P-1", "measure": "weight", "exam_on": "2026-01-04", "value": "80"}


def typed(value: str) -> TypedValue:
    """A weight, as it is typed at the screening."""
    said = Said(
        measure="weight",
        target="person",
        region=None,
        layer=None,
        visit=("screening", 1),
        measured_on=date(2026, 1, 4),
        value=Decimal(value),
        gap=None,
    )
    return TypedValue("weight", said)


async def test_values_are_seen_from_the_participants_site_alone_and_audited(
    enrolled: Trial,
) -> None:
    await add_site(enrolled.operator, enrolled.study_id, "BJ02")
    await bring(enrolled, UTE, WEIGHT)
    sites = dict(await enrolled.fetch("SELECT code, id::text FROM sites"))

    async def seen(site: str) -> int:
        async with transaction(enrolled.pools.desk) as desk:
            await desk.execute(
                "SELECT set_config('pro.actor', 'staff:x', true),"
                " set_config('pro.site_ids', $1, true),"
                " set_config('pro.site_roles', $1 || ':data_manager', true)",
                sites[site],
            )
            found: int = await desk.fetchval("SELECT count(*) FROM pro.measurements")
            return found

    assert (await seen("BJ01"), await seen("BJ02")) == (2, 0)
    entries = await enrolled.fetch(
        "SELECT table_name, operation, actor FROM audit_entries"
        " WHERE table_name IN ('measurements', 'measure_imports') ORDER BY 1"
    )
    assert entries == [
        ("measure_imports", "INSERT", ACTOR),
        ("measurements", "INSERT", ACTOR),
    ]


async def test_r14_a_locked_visit_takes_no_value_whichever_way_it_comes(enrolled: Trial) -> None:
    await bring(enrolled, WEIGHT)
    for statement in LOCK.split(";"):
        await enrolled.owner_does(statement)
    assert await refusals(enrolled, WEIGHT | {"value": "81"}, UTE) == [(2, "visit", "visit_locked")]
    with pytest.raises(ValuesTypedError) as refused:
        await record_values(enrolled.who("P-1"), [typed("81")], actor=ACTOR, why="scales were off")
    assert refused.value.problems == {"weight": Refused("visit_locked", "visit")}
    assert await enrolled.fetch("SELECT value FROM measurements") == [(Decimal(80),)]
