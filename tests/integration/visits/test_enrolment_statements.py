"""What enrolling costs: it does not rise with how many are enrolled already."""

from __future__ import annotations

from collections import Counter

import pytest

from pro_service.services.visits import enrolment
from tests.support.statements import statements
from tests.support.study import open_trial, row

ONCE_A_FILE = (
    "list_sites",
    "find_site_protocol",
    "get_study_time",
    "list_senders",
    "list_codes",
    "list_users_of_numbers",
    "list_enrolled",
    "get_study_key",
)
ONCE_A_CHUNK = ("list_codes_in_use", "insert_participants")
BY_THE_TEST = ("list_participants",)


async def test_a_file_costs_what_its_chunks_cost(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        with statements(monkeypatch) as first:
            await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        protocol = ("get_protocol_document",)
        assert Counter(first) == Counter((*ONCE_A_FILE, *protocol, *ONCE_A_CHUNK, *BY_THE_TEST))
        with statements(monkeypatch) as again:
            await trial.enrol(row("K-100"))
        assert Counter(again) == Counter((*ONCE_A_FILE, *ONCE_A_CHUNK, *BY_THE_TEST))
        monkeypatch.setattr(enrolment, "CHUNK", 3)
        with statements(monkeypatch) as chunks:
            await trial.enrol(*(row(f"K-{n:03}") for n in range(200, 207)))
        assert Counter(chunks) == Counter((*ONCE_A_FILE, *ONCE_A_CHUNK * 3, *BY_THE_TEST))


async def test_only_the_participants_of_the_file_are_listed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_service.store.study import studies

    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        listed = await studies.list_enrolled(trial.operator, trial.study_id, ["K-003", "K-100"])
        assert [one.code for one in listed] == ["K-003"]
        assert await trial.enrol(row("K-003"), row("K-100")) == (1, 1)
