"""The adherence report, read set by set, says of a lived study what everybody's whole facts say."""

from __future__ import annotations

from pro_service.domain.study.adherence import (
    AskedVisit,
    adherence,
    is_enrolled,
    visit_outcome,
)
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.statuses import standing
from pro_service.services.exports.adherence import report
from pro_service.store.base import participants
from pro_service.store.exports.adherence import list_helped, list_scorable
from tests.support.study import Trial


async def test_the_report_of_a_lived_study_is_that_of_its_facts(lived: Trial) -> None:
    connection, context, study_id = lived.operator, lived.context, lived.study_id
    scorable = await list_scorable(connection, study_id)
    helped = await list_helped(connection, study_id)
    outcomes, expected, enrolled = [], {}, set()
    for found in await participants.list_participants(connection, study_id):
        facts = await context.reader.facts(connection, study_id, found.id)
        protocol = await context.reader.protocol(connection, study_id, facts.protocol_version_id)
        where = standing(facts.statuses, facts.now, facts.events)
        enrolled |= {found.code} if is_enrolled(facts.statuses, facts.now) else set()
        states = {}
        for visit in facts.visits:
            if not visit.assessments:
                continue
            asked = AskedVisit(
                site=facts.site.code,
                participant=facts.id,
                definition=visit.definition,
                kind=protocol.definition(visit.definition).kind,
                window=visit.window,
                asked=tuple(one.progress for one in visit.assessments),
                scorable=all(one.id in scorable for one in visit.assessments),
                helped=any(one.id in helped for one in visit.assessments),
            )
            outcomes.append(visit_outcome(asked, where, facts.now))
            states[visit.definition] = outcomes[-1].states
        expected[found.code] = (facts.site.code, str(where.status), states)
    result = await report(connection, context, study_id)
    assert {one.code: (one.site, one.status, one.visits) for one in result.rows} == expected
    assert sum(one.enrolled for one in result.figures) == len(enrolled) * len(result.definitions)
    sites = {one.site: one.enrolled for one in result.figures}
    figures = adherence(outcomes, definitions=result.definitions, enrolled=sites)
    assert result.figures == figures
    said = {
        state for _, _, states in expected.values() for each in states.values() for state in each
    }
    assert said >= {AssessmentState.completed, AssessmentState.missed, AssessmentState.late}
