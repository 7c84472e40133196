"""What enrolling costs: it does not rise with how many are enrolled already."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from pro_service.services.visits import enrolment
from pro_service.services.visits.enrolment_cells import EnrolmentRefusedError, EnrolmentRow
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.visits import schedule
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
    "list_codes_in_use",
)
ONCE_A_PROCESS = ("get_protocol_document", "get_study_key")
ONCE_A_CHUNK = ("insert_participants",)
ONCE_A_LONG_FILE = ("learn_sizes",)
BY_THE_TEST = ("list_participants",)


async def test_a_file_costs_what_its_chunks_cost(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(database_url) as trial:
        with statements(monkeypatch) as first:
            await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        assert Counter(first) == Counter(
            (*ONCE_A_FILE, *ONCE_A_PROCESS, *ONCE_A_CHUNK, *BY_THE_TEST)
        )
        with statements(monkeypatch) as again:
            await trial.enrol(row("K-100"))
        assert Counter(again) == Counter((*ONCE_A_FILE, *ONCE_A_CHUNK, *BY_THE_TEST))
        monkeypatch.setattr(enrolment, "CHUNK", 3)
        with statements(monkeypatch) as chunks:
            await trial.enrol(*(row(f"K-{n:03}") for n in range(200, 207)))
        assert Counter(chunks) == Counter(
            (*ONCE_A_FILE, *ONCE_A_LONG_FILE, *ONCE_A_CHUNK * 3, *BY_THE_TEST)
        )


async def test_whoever_comes_in_is_looked_for_without_reading_those_before(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study is empty when its first file comes in: foreign keys were checked by a plan for that.

    It read everybody who had come in so far, some sixty times a participant: 20,000 took hours.
    """
    read: list[int] = []
    insert = schedule.insert_participants

    async def counted(connection: Connection, *parameters: Any) -> None:
        await insert(connection, *parameters)
        found = await connection.fetchval(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE schemaname = 'pro' AND relname = 'participants'"
        )
        read.append(int(found))

    monkeypatch.setattr(schedule, "insert_participants", counted)
    monkeypatch.setattr(enrolment, "CHUNK", 40)
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(200, 400)))
    a_chunk = [later - before for before, later in pairwise(read)]
    assert len(a_chunk) == 4
    # Each row that names a participant reads one, and the chunk's are all read once or twice.
    assert max(a_chunk) <= 40 * 80, read


async def test_a_chunk_that_cannot_be_written_takes_the_others_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All or none, whichever fails: the write of a chunk, or the making of the next one."""
    monkeypatch.setattr(enrolment, "CHUNK", 2)
    rows = [row(f"K-{n:03}") for n in range(6)]
    async with open_trial(database_url) as trial:
        insert = schedule.insert_participants
        document = enrolment._EnrolmentDesk.document

        async def taken(connection: Connection, study_id: UUID, documents: Any) -> None:
            if documents[0].participant.code == "K-004":
                raise DuplicateError("participants_study_id_code_key")
            await insert(connection, study_id, documents)

        def broken(desk: Any, one: EnrolmentRow, code: str) -> Any:
            if one.code == "K-002":
                raise RuntimeError("no memory left")
            return document(desk, one, code)

        with monkeypatch.context() as patched:
            patched.setattr(schedule, "insert_participants", taken)
            with pytest.raises(EnrolmentRefusedError, match="nobody was enrolled"):
                await trial.enrol(*rows)
        with monkeypatch.context() as patched:
            patched.setattr(enrolment._EnrolmentDesk, "document", broken)
            with pytest.raises(RuntimeError):
                await trial.enrol(*rows)
        assert await trial.count("participants") == 0
        assert await trial.enrol(*rows) == (6, 0)


async def test_only_the_participants_of_the_file_are_listed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_service.store.study import studies

    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(f"K-{n:03}") for n in range(5)))
        listed = await studies.list_enrolled(trial.operator, trial.study_id, ["K-003", "K-100"])
        assert [one.code for one in listed] == ["K-003"]
        assert await trial.enrol(row("K-003"), row("K-100")) == (1, 1)
