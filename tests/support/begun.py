"""Trials that several tests begin with: lived once, and copied for each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

import pytest

from tests.support.databases import Prepared, prepare
from tests.support.study import Left, Trial, open_trial


def begun_by(
    begin: Callable[[Trial], Awaitable[None]], *, scope: Literal["module", "package"] = "module"
) -> Any:
    """The fixture `begun` of a file or folder: what `begin` did, and the database it stands in.

    Whoever asks for it has a copy of that database as `database_url`, and goes on with it by
    `go_on_with(database_url, begun.made)`.
    """

    @pytest.fixture(scope=scope, name="begun")
    def begun(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
        async def make(url: str) -> Left:
            async with open_trial(url) as trial:
                await begin(trial)
                return Left.of(trial)

        with prepare(server_url, template_database, make) as made:
            yield made

    return begun
