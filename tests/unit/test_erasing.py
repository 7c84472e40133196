"""When somebody may be erased, by whom, and what the certificate says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pro_service.domain.erasing import (
    AskedErasure,
    ErasureRefusedError,
    Ground,
    Standing,
    demand_erasable,
    demand_ground,
    erases_now,
    ground_named,
    status_of_erasure,
)
from pro_service.domain.locks import ASKED_FOR, Asked
from pro_service.domain.study.facts import Status
from pro_service.services.visits.certificate import CertificateFacts, Signer, write_certificate
from pro_service.store.visits.erasures import BackupKept, ErasureCounts

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ERASABLE = Standing(restricted=True, erased=False, safety_runs=False, open_alerts=0)


@pytest.mark.parametrize(
    ("now", "word"),
    [
        (ERASABLE._replace(erased=True), "erased"),
        (ERASABLE._replace(restricted=False), "open"),
        (ERASABLE._replace(safety_runs=True), "safety"),
        (ERASABLE._replace(open_alerts=1), "alert"),
    ],
)
def test_nobody_is_erased_who_must_still_be_reached(now: Standing, word: str) -> None:
    demand_erasable(ERASABLE)
    with pytest.raises(ErasureRefusedError) as refused:
        demand_erasable(now)
    assert refused.value.word == word


def test_before_the_protocols_day_a_decision_is_needed_and_without_one_always() -> None:
    today = NOW.date()
    demand_ground(Ground.retention, today, today)
    demand_ground(Ground.decision, None, today)
    for until in (None, today + timedelta(days=1)):
        with pytest.raises(ErasureRefusedError) as refused:
            demand_ground(Ground.retention, until, today)
        assert refused.value.word == "kept"
    with pytest.raises(ErasureRefusedError, match="retention, decision"):
        ground_named("because")


def test_another_person_erases_within_seven_days_what_one_asked_for() -> None:
    asked = AskedErasure(Asked("staff:ines", NOW - ASKED_FOR), Ground.decision)
    assert not erases_now(None, Ground.decision, "staff:ines", NOW)
    assert erases_now(asked, Ground.decision, "staff:dora", NOW)
    late = NOW + timedelta(seconds=1)
    assert not erases_now(asked, Ground.decision, "staff:dora", late)
    for actor, ground, word in (
        ("staff:ines", Ground.decision, "alone"),
        ("staff:dora", Ground.retention, "ground"),
    ):
        with pytest.raises(ErasureRefusedError) as refused:
            erases_now(asked, ground, actor, NOW)
        assert refused.value.word == word


def test_a_decision_flags_the_answers_that_stay_unless_what_stands_is_final() -> None:
    assert status_of_erasure(Ground.decision, Status.active) is Status.withdrew_data_use
    for ground, before in (
        (Ground.retention, Status.completed),
        (Ground.decision, Status.died),
        (Ground.decision, Status.withdrew_data_use),
    ):
        assert status_of_erasure(ground, before) is None


def test_the_certificate_says_in_both_languages_what_stays_and_which_backups_it_misses() -> None:
    counts = ErasureCounts(2, 1, 31, 12, 5, 3, 0, 40, 6, 4, 1, 0)
    facts = CertificateFacts(
        "KNEE",
        "K-001",
        Ground.decision,
        [Signer("Ines Berg", "staff:ines", NOW), Signer("Dora Data", "staff:dora", NOW)],
        again=False,
        counts=counts,
        retain_until=date(2056, 1, 1),
        flagged=True,
        backups=[BackupKept("may.pro", NOW, date(2026, 6, 1)), BackupKept("old.pro", NOW, None)],
        made_at=NOW,
    )
    made = write_certificate(facts)
    assert len(made.sha256) == 64
    assert made == write_certificate(facts)
    assert made.sha256 != write_certificate(facts._replace(code="K-002")).sha256
    for said in (
        "Asked for by Ines Berg (staff:ines)",
        "Done by Dora Data (staff:dora)",
        "Answers: 40; scores: 6.",
        "may.pro, made 2026-03-01 00:00:00 UTC, kept until 2026-06-01",
        "old.pro, made 2026-03-01 00:00:00 UTC, kept until nobody said when",
        "It remains until 2056-01-01",
        "the use of the data was withdrawn",
        "删除证明",
        "执行人：Dora Data",
    ):
        assert said in made.text
    again = write_certificate(facts._replace(again=True, signers=facts.signers[1:], backups=[]))
    assert "Done again after a restore, from the journal, by Dora Data" in again.text
    assert "none is on record" in again.text
