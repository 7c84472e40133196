-- name: list_stored_answers(study_id)
-- Every stored response with where it belongs and whether it stands in its sitting, in the order of storing.
SELECT p.code, r.assessment_id, r.attempt_id, a.instrument, a.target, r.item, r.value, r.gap,
       t.submitted_at IS NOT NULL AS sent,
       EXISTS (SELECT FROM pro.responses AS n
               WHERE n.study_id = r.study_id AND n.attempt_id = r.attempt_id AND n.replaces = r.id) AS replaced,
       EXISTS (SELECT FROM pro.sitting_responses AS c
               WHERE c.study_id = r.study_id AND c.attempt_id = r.attempt_id AND c.item = r.item
                 AND c.response_id = r.id) AS stands
FROM pro.responses AS r
JOIN pro.assessments AS a ON a.study_id = r.study_id AND a.id = r.assessment_id
JOIN pro.attempts AS t ON t.study_id = r.study_id AND t.id = r.attempt_id
JOIN pro.participants AS p ON p.study_id = r.study_id AND p.id = r.participant_id
WHERE r.study_id = $1
ORDER BY r.id;

-- name: work_waits_from(study_id, rung_after)
-- Since when, or from when on, simulated staff find something to do at their lists: an alert that is not closed, or a
-- call, so long after it was asked for.
SELECT least((SELECT min(x.raised_at) FROM pro.alerts AS x WHERE x.study_id = $1 AND x.acted_at IS NULL),
             (SELECT min(k.created_at) + $2::interval FROM pro.call_tasks AS k
              WHERE k.study_id = $1 AND k.closed_at IS NULL)) AS at;

-- name: learn_all_sizes()
-- Count every table anew; what was planned before is planned once more.
SELECT pro.learn_all_sizes();

-- name: list_complete_scores(study_id)
-- The scores of sittings that were sent in.
SELECT s.assessment_id, s.instrument, s.scale, s.raw, s.normalised
FROM pro.standing_scores($1) AS s
WHERE s.basis = 'complete'
ORDER BY s.assessment_id, s.attempt_id, s.scale;

-- name: list_submitted(study_id)
-- Every submitted assessment and its instrument.
SELECT id, instrument FROM pro.assessments WHERE study_id = $1 AND submitted_at IS NOT NULL;

-- name: count_texts_after_reason(study_id, silent_statuses)
-- Reminder texts the provider took although, at their claim, nothing was owed, open or allowed any more.
WITH texted AS (
    SELECT m.study_id, m.id, m.participant_id, m.line_id, m.claimed_at
    FROM pro.messages AS m
    WHERE m.study_id = $1 AND m.kind = 'reminder'
      AND EXISTS (SELECT FROM simulator.texts AS t WHERE t.reference = m.id)
),
about AS (
    SELECT x.id, x.claimed_at, v.opens_at, v.closes_at, v.superseded_at, v.provisional,
           EXISTS (SELECT FROM pro.assessments AS a
                   WHERE a.study_id = v.study_id AND a.visit_id = v.id
                     AND (a.submitted_at IS NULL OR a.submitted_at > x.claimed_at)
                     AND (a.declined_at IS NULL OR a.declined_at > x.claimed_at)) AS owed
    FROM texted AS x
    JOIN pro.reminders AS r ON r.study_id = x.study_id AND r.message_id = x.id
    JOIN pro.visits AS v ON v.study_id = r.study_id AND v.id = r.visit_id
),
wrong AS (
    SELECT id FROM about
    WHERE NOT owed OR provisional OR superseded_at <= claimed_at
       OR claimed_at < opens_at OR claimed_at >= closes_at
    UNION
    SELECT x.id FROM texted AS x
    WHERE NOT EXISTS (SELECT FROM about WHERE about.id = x.id)
    UNION
    SELECT x.id FROM texted AS x
    JOIN pro.opt_outs AS o ON o.study_id = x.study_id AND o.line_id = x.line_id
    WHERE o.started_at <= x.claimed_at AND (o.ended_at IS NULL OR o.ended_at > x.claimed_at)
    UNION
    SELECT x.id FROM texted AS x
    JOIN pro.events AS e ON e.study_id = x.study_id AND e.participant_id = x.participant_id
    WHERE e.kind = 'death' AND e.occurred_at <= x.claimed_at AND e.recorded_at <= x.claimed_at
    UNION
    SELECT x.id FROM texted AS x
    WHERE (SELECT w.status FROM pro.statuses AS w
           WHERE w.study_id = x.study_id AND w.participant_id = x.participant_id
             AND w.effective_at <= x.claimed_at AND w.recorded_at <= x.claimed_at
           ORDER BY w.id DESC LIMIT 1) = ANY ($2::text[])
)
SELECT count(*) AS texts FROM wrong;

-- name: count_reminders_texted_twice(study_id)
-- Reminders for which the provider took more than one text.
SELECT count(*) AS reminders FROM (
    SELECT r.id FROM pro.reminders AS r
    JOIN simulator.texts AS t ON t.reference = r.message_id
    WHERE r.study_id = $1
    GROUP BY r.id HAVING count(*) > 1) AS twice;

-- name: count_reminders_left_due(study_id)
-- Reminders that are due and have ended neither as a text nor for a reason.
SELECT count(*) AS reminders FROM pro.reminders
WHERE study_id = $1 AND ended_at IS NULL AND due_at <= pro.now();

-- name: count_texts_not_kept(study_id)
-- Texts that phones sent to the study and that are not among those received.
SELECT count(*) AS texts FROM simulator.texts AS t
WHERE t.direction = 'from_phone'
  AND EXISTS (SELECT FROM pro.senders AS s WHERE s.study_id = $1 AND s.address = t.our_address)
  AND NOT EXISTS (SELECT FROM pro.inbounds AS i WHERE i.study_id = $1 AND i.provider_id = t.id::text);

-- name: count_sent_by(study_id, codes)
-- Assessments these participants answered on pages, where sending is a step of its own, that were sent in.
SELECT count(*) AS assessments FROM pro.assessments AS a
JOIN pro.participants AS p ON p.study_id = a.study_id AND p.id = a.participant_id
WHERE a.study_id = $1 AND p.code = ANY ($2::text[]) AND a.submitted_at IS NOT NULL
  AND EXISTS (SELECT FROM pro.attempts AS t
              WHERE t.study_id = a.study_id AND t.assessment_id = a.id AND t.mode = 'web');

-- name: count_texts_to_strangers(numbers)
-- Reminders the provider took for these numbers after the first text that came from there.
SELECT count(*) AS texts FROM simulator.texts AS t
JOIN pro.messages AS m ON m.id = t.reference AND m.kind = 'reminder'
WHERE t.their_address = ANY ($1::text[])
  AND t.id > (SELECT min(f.id::text)::uuid FROM simulator.texts AS f
              WHERE f.direction = 'from_phone' AND f.their_address = t.their_address);

-- name: count_safety_visits(study_id, definitions)
-- Safety visits of the living that are over, and those at which nobody answered and nobody was to be rung.
SELECT count(*) AS over, count(*) FILTER (WHERE NOT answered AND NOT rung) AS silent
FROM (
    SELECT NOT EXISTS (SELECT FROM pro.assessments AS a
                       WHERE a.study_id = v.study_id AND a.visit_id = v.id
                         AND a.submitted_at IS NULL AND a.declined_at IS NULL) AS answered,
           EXISTS (SELECT FROM pro.call_tasks AS k
                   WHERE k.study_id = v.study_id AND k.visit_id = v.id) AS rung
    FROM pro.visits AS v
    WHERE v.study_id = $1 AND v.definition = ANY ($2::text[]) AND v.closes_at <= pro.now()
      AND v.superseded_at IS NULL AND NOT v.provisional
      AND NOT EXISTS (SELECT FROM pro.events AS e
                      WHERE e.study_id = v.study_id AND e.participant_id = v.participant_id
                        AND e.kind = 'death' AND e.occurred_at <= v.closes_at)
) AS over;

-- name: count_everything(study_id)
-- How many rows of each sort a study has, by a word that tells them apart.
SELECT 'visits' AS what, CASE WHEN superseded_at IS NULL THEN 'current' ELSE 'superseded' END AS kind,
       count(*) AS rows
FROM pro.visits WHERE study_id = $1 GROUP BY 2
UNION ALL
SELECT 'messages', m.kind || '.' || m.state, count(*) FROM pro.messages AS m
WHERE m.study_id = $1 GROUP BY m.kind, m.state
UNION ALL
SELECT 'responses', t.mode || '.' || coalesce(r.gap, 'value'), count(*)
FROM pro.responses AS r
JOIN pro.attempts AS t ON t.study_id = r.study_id AND t.id = r.attempt_id
WHERE r.study_id = $1 GROUP BY t.mode, coalesce(r.gap, 'value')
UNION ALL
SELECT 'scores', s.basis || '.' || CASE WHEN s.raw IS NULL THEN 'absent' ELSE 'present' END, count(*)
FROM pro.scores AS s WHERE s.study_id = $1 GROUP BY s.basis, s.raw IS NULL
UNION ALL
SELECT 'alerts', rule, count(*) FROM pro.alerts WHERE study_id = $1 GROUP BY rule
UNION ALL
SELECT 'reminders', coalesce(end_reason, 'open'), count(*) FROM pro.reminders
WHERE study_id = $1 GROUP BY coalesce(end_reason, 'open')
UNION ALL
SELECT 'call_tasks', reason, count(*) FROM pro.call_tasks WHERE study_id = $1 GROUP BY reason
UNION ALL
SELECT 'inbounds', disposition, count(*) FROM pro.inbounds WHERE study_id = $1 GROUP BY disposition
ORDER BY 1, 2;
