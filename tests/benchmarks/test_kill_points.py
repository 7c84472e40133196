"""A worker killed anywhere loses and doubles nothing; the count would notice a worker that does."""

from __future__ import annotations

import pytest

from tests.benchmarks.kill_points import Template, make_template, prove
from tests.support.kill_worker import POINTS


@pytest.fixture
async def template(server_url: str, database_url: str) -> Template:
    return await make_template(server_url, database_url)


async def test_a_worker_killed_at_any_point_loses_and_doubles_no_text(template: Template) -> None:
    total = await prove(template, [0])
    assert total.sound, total.notes
    assert total.runs == len(POINTS) == 12
    assert total.killed >= 10, total.notes  # a drawn fault may keep a point from being passed
    assert total.bound > 0
    assert total.unconfirmed > 0


async def test_a_worker_that_sends_and_then_marks_is_caught_doubling(template: Template) -> None:
    total = await prove(template, [0], naive="send first")
    assert total.doubles > 0
    assert not total.sound


async def test_a_worker_that_marks_and_then_sends_is_caught_losing(template: Template) -> None:
    total = await prove(template, [0], naive="mark first")
    assert total.lost > 0
    assert total.doubles == 0
