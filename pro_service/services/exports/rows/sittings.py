"""Rows of one participant's sittings, and of what became of each visit. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pro_service.domain.study.adherence import AskedVisit, visit_outcome
from pro_service.domain.study.facts import Window
from pro_service.domain.study.respondents import with_help
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import Reading, Sitting


def sitting_rows(reading: Reading) -> Iterator[Row]:
    """A row for each sitting that was begun, the record and the others."""
    withdrew = reading.person.withdrew
    for sittings in reading.every:
        for one in sittings:
            asked = one.asked
            if asked.attempt_id is None:
                continue
            version = None if one.instrument is None else one.instrument.version
            handover = None if asked.handover_id is None else str(asked.handover_id)
            answered = sum(value is not None for value in one.values.values())
            yield (
                *one.where,
                *(asked.instrument, version, one.stands_because is not None, one.stands_because),
                *(asked.started_at, asked.submitted_at, None if withdrew else answered),
                *(*one.when, *one.how, None, None),
                *(handover, asked.tablet, asked.handed_over_by),
            )


def adherence_rows(reading: Reading) -> Iterator[Row]:
    """A row for each visit that counts: the figures of adherence are the sums of its columns."""
    person = reading.person
    for _, group in groupby(reading.standing, key=lambda one: one.asked.visit_id):
        sittings = list(group)
        outcome = visit_outcome(_asked(reading, sittings), person.standing, person.snapshot.as_of)
        if not outcome.is_counted:
            continue
        first = sittings[0].asked
        yield (
            *(*person.cells, first.definition, first.occurrence, str(outcome.state)),
            "; ".join(dict.fromkeys(str(state) for state in outcome.states)),
            *(outcome.is_expected_and_closed, outcome.is_completed_in_window),
            *(outcome.is_completed_with_help, outcome.is_answered_unsent, outcome.is_scorable),
        )


def _asked(reading: Reading, sittings: list[Sitting]) -> AskedVisit:
    first, person = sittings[0].asked, reading.person
    return AskedVisit(
        site=person.participant.site or "",
        participant=person.participant.participant_id,
        definition=first.definition,
        kind=reading.protocol.definition(first.definition).kind,
        window=Window(first.opens_at, first.closes_at, first.provisional),
        asked=tuple(one.progress for one in sittings),
        scorable=all(_is_scored(one) for one in sittings),
        helped=any(_is_helped(one) for one in sittings),
    )


def _is_scored(one: Sitting) -> bool:
    """Whether the sitting was sent in and has every score."""
    if one.asked.attempt_id is None or one.asked.submitted_at is None or one.instrument is None:
        return False
    found = (one.scores.get(("complete", scale.code)) for scale in one.instrument.results)
    return all(stored is not None and stored.raw is not None for stored in found)


def _is_helped(one: Sitting) -> bool:
    asked = one.asked
    if asked.submitted_at is None or asked.mode is None or asked.respondent is None:
        return False
    return with_help(asked.mode, asked.respondent)
