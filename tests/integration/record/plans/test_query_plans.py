"""Hot queries touch a few pages of a large study, run as the role that runs them."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from pro_service.domain.delivery.states import MessageState
from pro_service.store.pools import connect, encode_json
from pro_service.store.sql_files import load_queries
from pro_service.store.texting.reminders import ClaimOf, ClaimWrite, WaveWrite
from tests.support.large import (
    ASSESSMENTS,
    ATTEMPTS,
    LINES,
    MESSAGES,
    PARTICIPANTS,
    PAST_VISITS,
    REMINDERS,
    SITES,
    VISITS,
    LargeStudy,
    row_id,
)
from tests.support.large.plans import PLANNING, Case, Of, explain, faults, nodes, pages_touched
from tests.support.record.documents import answers_document, claim_document


class Values:
    """What cases are run with: rows of the participant in the middle of the loaded study."""

    def __init__(self, study: LargeStudy) -> None:
        """Name the rows of the participant in the middle."""
        visit = study.open_visit
        self.study = study.study_id
        self.sender = study.sender_id
        self.participant = study.participant_id
        self.visit = row_id(VISITS, visit)
        self.assessment = row_id(ASSESSMENTS, 2 * visit)
        self.attempt = row_id(ATTEMPTS, 2 * visit)
        self.line = row_id(LINES, study.number)
        self.message = row_id(MESSAGES, study.number)
        self.reminder = row_id(REMINDERS, 4 * visit)
        self.indexes = [study.their_index, b"\x00" * 32]
        self.users, self.visits = [study.participant_id], [self.visit]
        self.messages, self.senders = [self.message], [self.sender]
        self.marks = [{"id": self.message, "state": "delivered"}]
        self.token = study.token_sha256
        self.people = encode_json(
            [
                {"study_id": study.study_id, "participant_id": row_id(PARTICIPANTS, number)}
                for number in range(study.number, study.number + 20)
            ]
        )
        self.inbound = f"in-{25 * study.participants + 1}"  # the first text of their 26th
        answered = next(n for n in range(visit - PAST_VISITS, visit) if n % 20 > 2)
        self.web_key = f"key-{2 * answered:08x}"

    @property
    def answers(self) -> dict[str, Any]:
        """What `record_answers` is given."""
        return answers_document(self)

    @property
    def claim(self) -> ClaimWrite:
        """What `claim_reminders` is given."""
        return claim_document(self)

    @property
    def wave(self) -> WaveWrite:
        """What `claim_wave` is given: the same."""
        claim = ClaimOf(participant_id=self.participant, revision=1, claim=self.claim)
        return WaveWrite([claim])


SAID = ("simulator", "out-77", "delivered", None, "provider:simulator")
MOVED = (
    f"{{{','.join(MessageState)}}}",
    f"{{{','.join(['delivered'] * len(MessageState))}}}",
    "{}",
)
STUDY, PARTICIPANT, USERS = Of("study"), Of("participant"), Of("users")
FACTS, CARRIER = (STUDY, PARTICIPANT, "{}"), (STUDY, Of("message"), None, USERS)
READERS = ("pro_participant", "pro_provider", "pro_worker")
READS = (
    *(Case("base/participants", "get_participant_facts", role, 200, FACTS) for role in READERS),
    *(Case("base/participants", "get_lean_facts", role, 120, FACTS) for role in READERS),
    Case("base/participants", "get_facts_of_many", "pro_worker", 20 * 200, (Of("people"), "{}")),
    Case(
        "base/participants", "get_lean_facts_of_many", "pro_worker", 20 * 120, (Of("people"), "{}")
    ),
    Case(
        "base/participants",
        "list_sent_sittings",
        "pro_participant",
        300,
        (STUDY, PARTICIPANT, "{pain-nrs}", datetime.fromisoformat("2999-01-01T00:00Z")),
    ),
    Case("base/participants", "find_participant", "pro_operator", 20, (STUDY, "L-77")),
    Case("texting/reminders", "find_invitation", "pro_participant", 20, (Of("token"),)),
    Case("texting/reminders", "list_invitations", "pro_worker", 60, (STUDY, PARTICIPANT)),
    Case("pages/entrance", "find_guest_by_link", "pro_participant", 130, (Of("token"), "{}")),
    Case("pages/entrance", "look_again_by_link", "pro_participant", 40, (Of("token"),)),
    Case(
        "pages/entrance",
        "find_guest_by_session",
        "pro_participant",
        130,
        (sha256(b"session77").digest(), timedelta(hours=12), "{}"),
    ),
    Case(
        "pages/entrance", "find_card_by_token", "pro_participant", 20, (sha256(b"card77").digest(),)
    ),
    Case("pages/entrance", "list_cards_by_code", "pro_participant", 30, ("L77",)),
    Case(
        "pages/entrance",
        "find_session",
        "pro_participant",
        30,
        (sha256(b"session77").digest(), timedelta(hours=12)),
    ),
    Case(
        "receiving/inbounds",
        "find_provider_event",
        "pro_provider",
        30,
        (STUDY, "simulator", Of("inbound")),
    ),
    Case(
        "texting/arrivals",
        "list_line_participants",
        "pro_provider",
        60,
        (STUDY, Of("indexes"), Of("line")),
    ),
    Case(
        "texting/arrivals",
        "find_arrival",
        "pro_provider",
        90,
        ("simulator", "{+12025550199}", Of("indexes"), None, True),
    ),
    Case("receiving/inbounds", "count_replies_today", "pro_provider", 60, (STUDY, Of("line"))),
    Case("receiving/inbounds", "was_warned_today", "pro_provider", 60, (STUDY, Of("line"))),
    Case("texting/messages", "find_line", "pro_worker", 20, (STUDY, Of("sender"), Of("indexes"))),
    Case("texting/messages", "list_messages", "pro_worker", 40, (STUDY, Of("messages"))),
    Case(
        "texting/messages",
        "list_lines",
        "pro_worker",
        20,
        (STUDY, Of("senders"), Of("indexes")),
    ),
    Case("texting/reminders", "list_invitations_of", "pro_worker", 20, (STUDY, Of("visits"))),
    Case("texting/sending", "list_senders_of", "pro_worker", 30, (STUDY, USERS, ["simulator"])),
    Case("texting/messages", "get_carrier", "pro_provider", 40, CARRIER),
    Case("answering/answers", "find_web_write", "pro_participant", 20, (STUDY, Of("web_key"))),
    Case(
        "answering/answers", "list_closed_sittings", "pro_worker", 1_000, (STUDY, PARTICIPANT, True)
    ),
)
WRITES = (
    Case(
        "answering/answers",
        "record_answers",
        "pro_participant",
        2_500,
        (STUDY, PARTICIPANT, 1, Of("answers")),
    ),
    Case(
        "answering/answers",
        "record_answers",
        "pro_provider",
        2_500,
        (STUDY, PARTICIPANT, 1, Of("answers")),
    ),
    Case(
        "texting/reminders",
        "claim_reminders",
        "pro_worker",
        500,
        (STUDY, PARTICIPANT, 1, Of("claim")),
    ),
    Case("texting/reminders", "claim_wave", "pro_worker", 500, (STUDY, Of("wave"))),
    *(
        Case(
            "texting/messages",
            "record_receipt",
            "pro_provider",
            100,
            (row_id(MESSAGES, 0), named, *SAID, *MOVED),
        )
        for named in (Of("message"), None)
    ),
    Case(
        "texting/messages",
        "mark_messages",
        "pro_worker",
        100,
        (STUDY, "delivered", Of("marks")),
    ),
    Case(
        "texting/messages",
        "reclaim_message",
        "pro_worker",
        100,
        (STUDY, Of("message"), PARTICIPANT, 1, 30),
    ),
)


async def test_hot_reads_touch_few_pages(large: tuple[str, LargeStudy]) -> None:
    url, study = large
    found = await faults(url, READS, Values(study))
    assert not found, "\n".join(found)


async def test_writes_touch_few_pages(large: tuple[str, LargeStudy]) -> None:
    url, study = large
    found = await faults(url, WRITES, Values(study))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("site", "seen"), [(2, 20), (1, 0)])
async def test_a_participants_visits_cost_the_desk_few_pages_under_row_level_security(
    large: tuple[str, LargeStudy], site: int, seen: int
) -> None:
    url, study = large
    # Visits, two of them superseded, of one participant: seen by their own site alone.
    sql = "SELECT id FROM pro.visits WHERE study_id = $1 AND participant_id = $2"
    connection = await connect(url, role="pro_desk", actor="test:plans")
    try:
        await connection.execute(f"SET pro.site_ids = '{row_id(SITES, site)}'")
        values = [study.study_id, study.participant_id]
        explained = await explain(connection, sql, values, PLANNING[0])
    finally:
        await connection.close()
    assert explained["Plan"]["Actual Rows"] == seen
    assert pages_touched(explained["Plan"]) < 300


@pytest.mark.parametrize("planning", PLANNING)
@pytest.mark.parametrize(
    ("name", "pages"), [("list_answers_seen", 4_000), ("list_scores_seen", 1_500)]
)
async def test_a_participants_answers_and_scores_are_found_by_their_sittings(
    large: tuple[str, LargeStudy], name: str, pages: int, planning: str
) -> None:
    url, study = large
    sql, site = load_queries("desk/timeline")[name], row_id(SITES, 2)
    connection = await connect(url, role="pro_desk", actor="test:plans")
    try:
        await connection.execute(
            f"SET pro.site_ids = '{site}'; SET pro.site_roles = '{site}:investigator'"
        )
        values = [study.study_id, study.participant_id]
        plan = (await explain(connection, sql, values, planning))["Plan"]
    finally:
        await connection.close()
    whole = {one["Relation Name"] for one in nodes(plan) if one["Node Type"] == "Seq Scan"}
    assert not whole & {"responses", "scores", "sitting_responses"}
    assert pages_touched(plan) < pages
    assert plan["Actual Rows"] > 0
