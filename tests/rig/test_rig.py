"""The rig itself, for a minute: nothing is lost or doubled; carelessness is caught."""

from __future__ import annotations

import pytest

from tests.rig.__main__ import live
from tests.rig.cluster import IS_HERE

pytestmark = pytest.mark.skipif(
    not IS_HERE, reason="needs Debian's patroni, etcd-server and postgresql-15: .ci/run has them"
)


@pytest.mark.parametrize("minutes", [1, pytest.param(4, marks=pytest.mark.thorough)])
async def test_nothing_is_lost_or_doubled_while_leaders_and_processes_fall(minutes: int) -> None:
    # At an easy pace, for the cores are shared: by hand there are more of them, in more of a hurry.
    told = await live(minutes, seed=1, participants=150, pause=3.0)
    assert told.sound, (str(told), told.verdict.notes, told.unrecovered, told.strayed)
    assert told.failovers >= minutes
    assert told.verdict.texts > 0


@pytest.mark.thorough
async def test_asynchronous_standbys_are_caught_losing_what_was_acknowledged() -> None:
    told = await live(0.5, seed=1, naive=True)
    assert told.verdict.lost > 0, str(told)
    assert told.verdict.acknowledged > 0
