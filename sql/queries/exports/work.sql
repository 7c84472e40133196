-- name: list_exported_alerts(study_id, participant_ids, as_of)
-- The alerts about these participants that were raised by an instant, with the steps taken by then and the assessment
-- that stood then; what was done and told stays in the record, sealed.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT r.id, r.rule, r.severity, r.raised_at, v.definition, v.occurrence, a.instrument, a.target,
           r.inbound_id IS NOT NULL AS from_text, r.happened_on, r.own_kind, r.uncertain_who,
           CASE WHEN r.seen_at <= $3 THEN r.seen_at END AS seen_at,
           CASE WHEN r.seen_at <= $3 THEN r.seen_by END AS seen_by,
           CASE WHEN r.acted_at <= $3 THEN r.acted_at END AS closed_at,
           CASE WHEN r.acted_at <= $3 THEN r.acted_by END AS closed_by,
           j.verdict, j.reference, j.assessed_at, j.assessed_by, coalesce(j.times, 0) AS times
    FROM pro.alerts AS r
    LEFT JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = r.assessment_id
    LEFT JOIN pro.visits AS v ON v.study_id = $1 AND v.id = a.visit_id
    LEFT JOIN LATERAL (
        SELECT j.verdict, j.reference, j.assessed_at, j.actor AS assessed_by, count(*) OVER () AS times
        FROM pro.alert_assessments AS j
        WHERE j.study_id = $1 AND j.alert_id = r.id AND j.recorded_at <= $3
        ORDER BY j.id DESC LIMIT 1) AS j ON true
    WHERE r.study_id = $1 AND r.participant_id = p.id AND r.recorded_at <= $3
    ORDER BY r.id
) AS x
ORDER BY p.place;

-- name: list_exported_calls(study_id, participant_ids, as_of)
-- The calls to be made to these participants that there were by an instant, with the word for what came of each.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT k.id, v.definition, v.occurrence, k.reason, k.created_at, k.wanted_from, k.closes_at,
           CASE WHEN k.closed_at <= $3 THEN k.closed_at END AS closed_at,
           CASE WHEN k.closed_at <= $3 THEN k.closed_by END AS closed_by,
           CASE WHEN k.closed_at <= $3 THEN nullif(split_part(k.outcome, ':', 1), 'note') END AS outcome
    FROM pro.call_tasks AS k
    LEFT JOIN pro.visits AS v ON v.study_id = $1 AND v.id = k.visit_id
    WHERE k.study_id = $1 AND k.participant_id = p.id AND k.recorded_at <= $3
    ORDER BY k.id
) AS x
ORDER BY p.place;

-- name: list_exported_messages(study_id, participant_ids, as_of)
-- The messages to these participants that there were by an instant: of which kind, for which visit, and how far each had
-- come as instants tell; never what they say, nor where they went.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT m.id, m.kind, m.template, m.language, m.segments, v.definition, v.occurrence, m.recorded_at,
           CASE WHEN m.accepted_at <= $3 AND m.claimed_at <= $3 THEN m.claimed_at END AS accepted_at,
           t.provider_status, t.recorded_at AS receipt_at
    FROM pro.messages AS m
    LEFT JOIN LATERAL (
        SELECT r.visit_id FROM pro.reminders AS r WHERE r.study_id = $1 AND r.message_id = m.id
        ORDER BY r.id LIMIT 1) AS n ON true
    LEFT JOIN pro.visits AS v ON v.study_id = $1 AND v.id = n.visit_id
    LEFT JOIN LATERAL (
        SELECT d.provider_status, d.recorded_at FROM pro.delivery_receipts AS d
        WHERE d.study_id = $1 AND d.message_id = m.id AND d.recorded_at <= $3
        ORDER BY d.id DESC LIMIT 1) AS t ON true
    WHERE m.study_id = $1 AND m.participant_id = p.id AND m.recorded_at <= $3
    ORDER BY m.id
) AS x
ORDER BY p.place;

-- name: list_exported_corrections(study_id, participant_ids, as_of)
-- The corrections asked for of these participants' answers by an instant, and what was decided by then.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT c.id, v.definition, v.occurrence, a.instrument, a.target, t.ordinal AS sitting, c.item, c.kind,
           r.value AS value_before, c.value, w.definition AS to_definition, w.occurrence AS to_occurrence,
           b.target AS to_target, c.said_at, c.recorded_at, c.actor, d.approved, d.recorded_at AS decided_at,
           d.actor AS decided_by
    FROM pro.corrections AS c
    JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = c.assessment_id
    JOIN pro.visits AS v ON v.study_id = $1 AND v.id = a.visit_id
    LEFT JOIN pro.responses AS r ON r.study_id = $1 AND r.id = c.response_id
    LEFT JOIN pro.attempts AS t ON t.study_id = $1 AND t.id = coalesce(c.attempt_id, r.attempt_id)
    LEFT JOIN pro.assessments AS b ON b.study_id = $1 AND b.id = c.to_assessment_id
    LEFT JOIN pro.visits AS w ON w.study_id = $1 AND w.id = b.visit_id
    LEFT JOIN pro.correction_decisions AS d
      ON d.study_id = $1 AND d.correction_id = c.id AND d.recorded_at <= $3
    WHERE c.study_id = $1 AND c.participant_id = p.id AND c.recorded_at <= $3
    ORDER BY c.id
) AS x
ORDER BY p.place;
