"""What enrolling costs: it does not rise with how many are enrolled already."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.statements import statements
from tests.support.study import open_trial, row

ONCE_A_FILE = (
    "list_sites",
    "find_site_protocol",
    "get_study_time",
    "list_enrolled",
    "get_study_key",
)
EACH = (
    "list_codes_of_number",
    "find_code_in_use",
    "insert_participant",
    "get_participant_facts",
    "list_last_revisions",
    "write_schedule",
)
BY_THE_TEST = ("list_participants",)


async def test_enrolling_one_reads_sites_once_and_lists_nobody_else(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        with statements(monkeypatch) as first:
            await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        protocol = ("get_protocol_document",)
        assert Counter(first) == Counter((*ONCE_A_FILE, *protocol, *EACH * 5, *BY_THE_TEST))
        with statements(monkeypatch) as again:
            await trial.enrol(row("K-100"))
        assert Counter(again) == Counter((*ONCE_A_FILE, *EACH, *BY_THE_TEST))


async def test_only_the_participants_of_the_file_are_listed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_service.store.study import studies

    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        listed = await studies.list_enrolled(trial.operator, trial.study_id, ["K-003", "K-100"])
        assert [one.code for one in listed] == ["K-003"]
        assert await trial.enrol(row("K-003"), row("K-100")) == (1, 1)
