"""Who has answered, as the command prints it: one word for a state, and nothing cut."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from pro_service.cli.reports import adherence as printed
from pro_service.cli.runtime import out
from pro_service.domain.study.adherence import Adherence, VisitOutcome
from pro_service.domain.study.assessments import AssessmentState as State
from pro_service.services.exports.adherence import AdherenceReport, ParticipantStates
from pro_service.texts.catalogue import load_texts

VISITS = (
    *("screening", "baseline", "safety_day_1", "safety_day_3", "week_2", "week_4", "month_3"),
    *("month_6", "month_9", "month_12", "early_termination"),
)


def _report(*rows: ParticipantStates) -> AdherenceReport:
    counts = {"completed_in_window": 1200, "helped": 3, "unsent": 2, "scorable": 1200}
    figures = tuple(
        Adherence(definition=one, site="BJ01", expected_and_closed=1234, enrolled=1233, **counts)
        for one in VISITS
    )
    return AdherenceReport(VISITS, rows, figures, Counter())


def test_in_eighty_columns_every_visit_is_named_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 80)
    states: dict[str, tuple[State, ...]] = dict.fromkeys(VISITS, (State.completed, State.missed))
    printed.print_participants(
        _report(ParticipantStates("K-001", "BJ01", "stopped_questionnaires", states))
    )
    out.print(printed.figures_table(_report().figures))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for one in VISITS:
        named = [line for line in lines if one in line.replace("  ", " ").split(" ")]
        assert len(named) == 2, one
    assert not any("…" in line for line in lines)


def test_a_visit_partly_answered_has_the_desks_letter_and_the_exports_word() -> None:
    states = (State.completed, State.missed)
    words = load_texts("desk")
    assert printed.mark(states) == words.text("desk.letter.partial", "en") == "P"
    assert printed.mark(None) == printed.mark(()) == " "
    outcome = VisitOutcome(
        site="BJ01",
        participant=UUID(int=1),
        definition="week_2",
        kind="scheduled",
        states=states,
        closed=True,
        scorable=False,
    )
    assert outcome.state is State.partial
    assert outcome._replace(states=()).state is None
    letters = [printed.letter(one) for one in State]
    assert len({*letters}) == len(letters), "a letter means one state"
