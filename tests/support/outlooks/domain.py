"""What the domain says of everybody the desk sees, read row by row under row-level security."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

import asyncpg

from pro_service.domain.study.adherence import (
    AskedVisit,
    VisitOutcome,
    is_enrolled,
    visit_outcome,
)
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.facts import EventFacts, EventKind, StatusFacts, Window
from pro_service.domain.study.respondents import with_help
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import standing
from pro_service.services.desk.listing.grid import Figure
from pro_service.store.desk.desk import list_progress

_PEOPLE = """
SELECT p.id, p.code, h.site_id,
       (SELECT coalesce(array_agg(x.status ORDER BY x.id), '{}') FROM pro.statuses AS x
        WHERE x.study_id = p.study_id AND x.participant_id = p.id) AS statuses,
       (SELECT coalesce(array_agg(x.effective_at ORDER BY x.id), '{}') FROM pro.statuses AS x
        WHERE x.study_id = p.study_id AND x.participant_id = p.id) AS effective,
       (SELECT e.occurred_at FROM pro.events AS e
        WHERE e.study_id = p.study_id AND e.participant_id = p.id AND e.kind = 'death'
        ORDER BY e.id DESC LIMIT 1) AS died_at, pro.now() AS now
FROM pro.participants AS p JOIN LATERAL pro.site_seen(p.study_id, p.id) AS h ON true
WHERE p.study_id = $1 ORDER BY p.code
"""
_ASKED = """
SELECT v.participant_id, v.id AS visit_id, v.definition, v.occurrence, v.kind, v.provisional,
       v.opens_at, v.closes_at, a.id, a.instrument, a.declined_at
FROM pro.visits AS v
JOIN pro.assessments AS a ON a.study_id = v.study_id AND a.visit_id = v.id
WHERE v.study_id = $1 AND v.superseded_at IS NULL ORDER BY v.participant_id, v.id, a.id
"""
_SENT = """
SELECT t.assessment_id, t.mode, t.respondent
FROM pro.attempts AS t
JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
LEFT JOIN pro.standing_sittings AS c
  ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.closes_at = v.closes_at
WHERE t.study_id = $1 AND t.submitted_at IS NOT NULL AND a.submitted_at IS NOT NULL
  AND (c.attempt_id IS NULL OR c.attempt_id = t.id)
"""


@dataclass
class Told:
    """One participant, as the domain has them."""

    id: UUID
    code: str
    site_id: UUID
    status: str | None
    enrolled: bool
    outcomes: list[VisitOutcome] = field(default_factory=list)
    visits: Counter[tuple[str, int, tuple[AssessmentState, ...], int, int]] = field(
        default_factory=Counter
    )
    """Definition, occurrence, states, asked and sent of each."""

    def is_found(
        self, state: AssessmentState | None, figure: Figure | None, visit: str | None
    ) -> bool:
        """Whether a filter leaves them."""
        seen = [one for one in self.outcomes if visit is None or one.definition == visit]
        if figure == "enrolled" and not self.enrolled:
            return False
        sets = {
            "expected_and_closed": [one.is_expected_and_closed for one in seen],
            "completed_in_window": [one.is_completed_in_window for one in seen],
            "unsent": [one.is_answered_unsent for one in seen],
            "scorable": [one.is_scorable for one in seen],
        }
        if figure in sets and not any(sets[figure]):
            return False
        return state is None or any(state in one.states for one in seen)

    @property
    def behind(self) -> int:
        """Visits of the figures that have closed with something missing."""
        missing = {AssessmentState.missed, AssessmentState.partial, AssessmentState.unsent}
        closed = [one for one in self.outcomes if one.is_counted and one.closed]
        return sum(bool(missing & set(one.states)) for one in closed)


def _deaths(died_at: datetime | None) -> tuple[EventFacts, ...]:
    """A recorded death as the event it was."""
    if died_at is None:
        return ()
    return (EventFacts(id=UUID(int=0), kind=EventKind.death, occurred_at=died_at),)


async def helped_in(desk: asyncpg.Connection, study_id: UUID) -> set[UUID]:
    """Assessments of which every sitting that counts was answered with help, by the rule's word."""
    sent: dict[UUID, list[bool]] = {}
    for row in await desk.fetch(_SENT, study_id):
        sent.setdefault(row["assessment_id"], []).append(with_help(row["mode"], row["respondent"]))
    return {one for one, with_it in sent.items() if all(with_it)}


async def told(desk: asyncpg.Connection, study_id: UUID, items: Mapping[str, int]) -> list[Told]:
    """Everybody whom the desk's connection sees, by code."""
    rows = await desk.fetch(_PEOPLE, study_id)
    progress = await list_progress(desk, study_id, [one["id"] for one in rows])
    helped = await helped_in(desk, study_id)
    asked = {
        who: list(found)
        for who, found in groupby(
            await desk.fetch(_ASKED, study_id), key=lambda row: row["participant_id"]
        )
    }
    people = []
    for row in rows:
        words = [
            StatusFacts(status=status, effective_at=at)
            for status, at in zip(row["statuses"], row["effective"], strict=True)
        ]
        now = row["now"]
        where = standing(words, now, _deaths(row["died_at"]))
        one = Told(row["id"], row["code"], row["site_id"], where.status, is_enrolled(words, now))
        for _, found in groupby(asked.get(one.id, ()), key=lambda each: each["visit_id"]):
            here = list(found)
            first = here[0]
            done = [progress.get(each["id"]) for each in here]
            outcome = visit_outcome(
                AskedVisit(
                    site=str(one.site_id),
                    participant=one.id,
                    definition=first["definition"],
                    kind=first["kind"],
                    window=Window(first["opens_at"], first["closes_at"], first["provisional"]),
                    asked=tuple(
                        Progress(
                            submitted_at=known.sent_at,
                            declined_at=each["declined_at"],
                            begun=known.begun,
                            answered=known.answered,
                            settled=known.settled >= items.get(each["instrument"], 1_000_000),
                        )
                        if known is not None
                        else Progress(declined_at=each["declined_at"])
                        for each, known in zip(here, done, strict=True)
                    ),
                    scorable=all(known is not None and known.scorable for known in done),
                    helped=any(each["id"] in helped for each in here),
                ),
                where,
                now,
            )
            one.outcomes.append(outcome)
            answered = {AssessmentState.completed, AssessmentState.late}
            sent = sum(state in answered for state in outcome.states)
            states = tuple(state for state in AssessmentState if state in outcome.states)
            key = (first["definition"], first["occurrence"], states, len(here), sent)
            one.visits[key] += 1
        people.append(one)
    return people
