"""A process killed anywhere loses and doubles nothing; the counts would notice one that does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benchmarks.killing import pushing as kill_pushing
from tests.benchmarks.killing import receiving as kill_receiving
from tests.benchmarks.killing import sending as kill_sending
from tests.benchmarks.killing import templates
from tests.benchmarks.killing.templates import Template, make_template
from tests.support.china.account import ChinaName
from tests.support.databases import clone
from tests.support.killing import kill_receiver, kill_worker


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """A copy to which no connection is kept: it is copied itself."""
    with clone(server_url, template_database) as url:
        yield url


@pytest.fixture
async def template(server_url: str, database_url: str) -> Template:
    return await make_template(server_url, database_url)


@pytest.fixture
async def asked(server_url: str, database_url: str) -> Template:
    return await make_template(server_url, database_url, asked=True)


async def test_a_worker_killed_around_the_call_loses_and_doubles_no_text(
    template: Template,
) -> None:
    total = await kill_sending.prove(template, [0], points=kill_sending.AROUND_THE_CALL)
    assert total.sound, total.notes
    assert total.runs == 4  # where a text could go twice or be lost; every point: .ci/thorough
    assert total.killed >= 3, total.notes  # a drawn fault may keep a point from being passed
    assert total.bound > 0


@pytest.mark.thorough
async def test_a_worker_killed_at_any_point_loses_and_doubles_no_text(template: Template) -> None:
    total = await kill_sending.prove(template, [0])
    assert total.sound, total.notes
    assert total.runs == len(kill_worker.POINTS) == 14
    assert total.killed >= 12, total.notes
    assert total.bound > 0
    assert total.unconfirmed > 0


@pytest.mark.thorough
async def test_a_worker_killed_around_the_call_loses_and_doubles_no_letter(
    server_url: str, database_url: str
) -> None:
    template = await templates.make_mail_template(server_url, database_url)
    total = await kill_sending.prove(template, [0], points=kill_sending.AROUND_THE_CALL)
    assert total.sound, total.notes
    assert total.runs == 4  # every point, on many seeds: by hand, with --provider email
    assert total.killed >= 3, total.notes
    assert total.bound > 0


@pytest.mark.thorough
@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
async def test_killed_with_a_provider_of_china_nothing_goes_twice_or_unregistered(
    server_url: str, database_url: str, provider: ChinaName
) -> None:
    template = await templates.make_china_template(server_url, database_url, provider)
    total = await kill_sending.prove(template, [0], points=kill_sending.AROUND_THE_CALL)
    assert total.sound, total.notes
    assert total.runs == 4  # every point, on many seeds: .ci/thorough
    assert total.killed >= 3, total.notes
    assert total.bound > 0


@pytest.mark.parametrize(
    "provider", ["aliyun", pytest.param("tencent", marks=pytest.mark.thorough)]
)
async def test_batches_are_neither_lost_nor_doubled_by_a_killed_receiver(
    server_url: str, database_url: str, provider: ChinaName
) -> None:
    template = await templates.make_china_template(server_url, database_url, provider, sent=True)
    # Every point, on many seeds: .ci/thorough
    points = ("push kept, not acknowledged", "receipt taken", "all taken, not marked")
    total = await kill_pushing.prove(template, [0], points=points)
    assert total.sound, total.notes
    assert total.runs == total.killed == len(points), total.notes
    assert total.texts == total.runs * len(template.phones) * len(kill_pushing.SAID)
    assert total.receipts == total.runs * len(template.taken) > 0


@pytest.mark.thorough
@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
async def test_a_receiver_of_batches_killed_at_every_point_loses_and_doubles_none(
    server_url: str, database_url: str, provider: ChinaName
) -> None:
    template = await templates.make_china_template(server_url, database_url, provider, sent=True)
    total = await kill_pushing.prove(template, [0, 1])
    assert total.sound, total.notes
    assert total.killed == total.runs, total.notes


async def test_a_worker_that_sends_and_then_marks_is_caught_doubling(template: Template) -> None:
    total = await kill_sending.prove(template, [0], naive="send first")
    assert total.doubles > 0
    assert not total.sound


@pytest.mark.thorough
async def test_a_worker_that_marks_and_then_sends_is_caught_losing(template: Template) -> None:
    total = await kill_sending.prove(template, [0], naive="mark first")
    assert total.lost > 0
    assert total.doubles == 0


@pytest.mark.thorough
async def test_a_receiver_killed_at_any_point_loses_and_doubles_no_text(asked: Template) -> None:
    total = await kill_receiving.prove(asked, [0])
    assert total.sound, total.notes
    assert total.runs == len(kill_receiver.POINTS) == 12
    # A copy is looked for where what was decided was refused, which does not happen in every run.
    assert total.killed >= 11, total.notes
    assert total.acknowledged > 100
    assert total.swept > 0


@pytest.mark.thorough
async def test_a_receiver_that_answers_and_then_stores_is_caught_losing(asked: Template) -> None:
    total = await kill_receiving.prove(asked, [0, 1], naive="answer first")
    assert total.lost > 0
    assert not total.sound


async def test_a_receiver_that_stores_whatever_comes_is_caught_doubling(asked: Template) -> None:
    total = await kill_receiving.prove(asked, [0, 1, 2], naive="store always")
    assert total.doubles > 0
    assert total.lost == 0
