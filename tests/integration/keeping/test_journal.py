"""The journal: written before the answer, by every writer, and without a word of anybody's."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pro_service.domain.study.consenting.parts import ConsentPart
from pro_service.domain.study.facts import EventKind, Status
from pro_service.services.record import SaidConsent, say_part, sign_version
from pro_service.services.texting import numbers
from pro_service.services.texting.opt_outs import opt_in_by_staff
from pro_service.services.visits import restrict
from pro_service.store.ids import made_at, new_id
from pro_service.store.journal import (
    Journal,
    JournalError,
    JournalLine,
    JournalUnreadableError,
    keep,
    read_journal,
)
from pro_service.store.sql_files import all_queries
from tests.integration.keeping.restored import journalled, names_in
from tests.support.study import ACTOR, STARTED_AT, Trial, open_trial, phone, post_text, row

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
TELLS = re.compile(
    r"INSERT INTO pro\.(?:opt_outs|statuses|events|messages|contact_points|participants|consents"
    r"|restrictions|erasures)\b"
    r"|INSERT INTO pro\.call_tasks\b"
    r"|UPDATE pro\.(?:opt_outs|contact_points)\b|SET state = 'sending'"
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    """A journal kept during the test."""
    with journalled(tmp_path / "journal") as folder:
        yield folder


@pytest.fixture
async def trial(database_url: str, journal: Path) -> AsyncIterator[Trial]:
    """Two participants with one text each."""
    async with open_trial(database_url) as opened:
        await opened.enrol(row("K-001"), row("K-002"))
        await opened.ask()
        yield opened


def kinds(journal: Path, participant: UUID | None = None) -> list[str]:
    lines = read_journal(journal, EPOCH).lines
    return [one.kind for one in lines if participant in (None, one.participant_id)]


async def test_everything_a_restore_must_not_forget_leaves_a_line(
    trial: Trial, journal: Path
) -> None:
    first, second = trial.participants["K-001"], trial.participants["K-002"]
    assert kinds(journal, first) == ["enrolled", "send"]
    await trial.says("K-001", "STOP")
    assert kinds(journal, first)[2:] == ["send", "opt_out"]
    await opt_in_by_staff(trial.who("K-001"), ACTOR, "she rang")
    await numbers.change_number(trial.who("K-001"), phone(60), ACTOR, "another telephone")
    assert kinds(journal, first)[4:] == ["opt_out_ended", "number_ended", "number_added"]
    await trial.status("K-002", Status.paused)
    said = SaidConsent(STARTED_AT.date(), ACTOR, "she rang")
    await say_part(trial.who("K-002"), ConsentPart.messages, said, given=False)
    await say_part(trial.who("K-002"), ConsentPart.cross_border, said, given=True)
    await sign_version(trial.who("K-002"), "2", said)
    await restrict(trial.who("K-002"), actor=ACTOR, reason="at her wish")
    await trial.happened("K-002", EventKind.death)
    consents = ["consent_withdrawn", "consent_given", "consent_given"]
    assert kinds(journal, second)[2:] == [
        *("status", *consents, "restricted", "status"),
        *("death", "status"),
    ]


async def test_a_send_names_the_nudge_it_was(trial: Trial, journal: Path) -> None:
    (line,) = (
        one
        for one in read_journal(journal, EPOCH).lines
        if one.kind == "send" and one.participant_id == trial.participants["K-001"]
    )
    assert await trial.fetch(
        "SELECT k.dedupe_key, r.visit_id, r.schedule_revision, r.ordinal FROM pro.message_keys AS k"
        " JOIN pro.reminders AS r USING (study_id, message_id) WHERE k.message_id = $1",
        line.message_id,
    ) == [
        (line.dedupe_key, one.visit_id, one.schedule_revision, one.ordinal) for one in line.nudges
    ]
    assert len(line.nudges) == 1


async def test_a_text_tried_again_leaves_a_line_of_its_own(trial: Trial, journal: Path) -> None:
    trial.faults.next_sends.append("429")
    await trial.ask()
    before = kinds(journal).count("send")
    await trial.retry_now()
    assert kinds(journal).count("send") == before + 1


async def test_a_number_that_is_refused_leaves_a_line(trial: Trial, journal: Path) -> None:
    trial.faults.bad_numbers.add(trial.phones["K-001"])
    await trial.ask()
    assert "bad_number" in kinds(journal, trial.participants["K-001"])


async def test_no_number_name_or_word_stands_in_it(trial: Trial, journal: Path) -> None:
    await trial.says("K-001", "STOP my knee is hot")
    await trial.says("K-002", "4")
    text = "".join(written(journal))
    assert "knee" not in text
    assert "K-00" not in text
    assert not any(number.lstrip("+") in text for number in trial.phones.values())
    known = set(JournalLine.model_fields)
    for line in text.splitlines():
        assert set(json.loads(line)) <= known


async def test_a_stop_that_cannot_be_journalled_is_not_taken_and_comes_again(
    trial: Trial, journal: Path
) -> None:
    put_in_the_way(journal)
    base = str(trial.server.make_url("")).rstrip("/")
    _close_files()
    status, _ = await post_text(base, trial.phones["K-001"], "STOP", provider_id="in-9")
    assert status == 503
    assert (await trial.facts("K-001")).opted_out_at is None
    assert await trial.count("inbounds") == 0
    clear_the_way(journal)
    status, _ = await post_text(base, trial.phones["K-001"], "STOP", provider_id="in-9")
    assert status == 200
    assert (await trial.facts("K-001")).opted_out_at is not None
    assert "opt_out" in kinds(journal)


def written(journal: Path) -> list[str]:
    return [path.read_text() for path in sorted(journal.iterdir())]


def put_in_the_way(journal: Path) -> None:
    """Where the folder was there is a file."""
    shutil.rmtree(journal)
    journal.write_text("in the way")


def clear_the_way(journal: Path) -> None:
    journal.unlink()
    journal.mkdir()


def _close_files() -> None:
    """As at the end of a day: the next line begins a file."""
    from pro_service.store import journal as module

    kept = module._Kept.journal
    assert kept is not None
    kept.close()


async def test_without_a_journal_nothing_is_written(database_url: str, tmp_path: Path) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"))
    await keep([JournalLine(kind="erasure", study_id=new_id())])
    assert names_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written") as refused:
        Journal(tmp_path / "file" / "journal")
    assert "PRO_JOURNAL_DIR" in str(refused.value.mend)


def test_a_torn_line_is_named_and_the_rest_is_read_in_order(tmp_path: Path) -> None:
    study = new_id()
    one, two = (JournalLine(kind="opt_out", study_id=study) for _ in range(2))
    (tmp_path / "b.jsonl").write_text(one.model_dump_json(exclude_defaults=True) + '\n{"id": ')
    (tmp_path / "a.jsonl").write_text(two.model_dump_json(exclude_defaults=True) + "\n")
    reading = read_journal(tmp_path, EPOCH)
    assert (reading.lines, reading.unreadable) == ([one, two], ["b.jsonl:2"])
    later = made_at(new_id()) + timedelta(milliseconds=1)  # an id tells its millisecond
    assert read_journal(tmp_path, later).lines == []
    with pytest.raises(JournalUnreadableError):
        read_journal(tmp_path / "nowhere", EPOCH)


def test_every_statement_that_stops_or_sends_is_known_here() -> None:
    """A further one must leave a line too, or say here why a restore may forget it."""
    telling = {f"{query.place}.{query.name}" for query in all_queries() if TELLS.search(query.sql)}
    assert telling - FORGETTABLE == JOURNALLED


JOURNALLED = {
    "pages/preferences.record_choice",
    "receiving/inbounds.record_inbound",
    "record/consents.record_consent",
    "texting/lines.opt_out_line",
    "texting/messages.reclaim_message",
    "texting/numbers.agree_for_contact",
    "texting/numbers.insert_contact",
    "texting/numbers.mark_bad_number",
    "texting/numbers.rest_number",
    "texting/numbers.silence_contact",
    "texting/numbers.end_opt_out",
    "texting/reminders.claim_reminders",
    "texting/reminders.claim_wave",
    "texting/sending.insert_call",
    "visits/erasures.record_erasure",
    "visits/restrictions.record_restriction",
    "visits/schedule.insert_participants",
    "visits/schedule.write_schedule",
}
FORGETTABLE = {
    "keeping/replay.record_lost_message",  # it comes from the journal
    "desk/texts.settle_text",  # its reply is queued, and leaves its line when it is claimed
    "desk/undoing.undo",  # takes back a slip of staff, which stopped nobody and sent nothing
    "pages/wishes.record_correction_wish",  # a call to make; the participant still has the wish
    "texting/first_texts.queue_first_text",  # leaves its line when it is claimed
    "desk/calls.close_call",  # what it asks for again is asked for already; numbers rest by another
    "texting/tails.record_tails",  # by what a number is found
    "texting/numbers.order_contacts",
    "texting/numbers.confirm_contact",  # would let texts go: a person says so again
}
