-- name: get_participant_seen(study_id, code)
-- A participant as they are now, and whether answers and scores are open to whoever reads, at the last
-- instant they see anything of: now, or the end of a former site's period.
SELECT p.id, p.code, p.protocol_version_id, p.language, p.zone, p.channel, p.treated_knees, pro.now() AS now,
       p.recorded_at AS enrolled_at,
       pro.desk_may_read_scores(p.study_id, p.id, (
           SELECT CASE WHEN bool_or(ps.valid_to IS NULL) THEN pro.now()
                  ELSE max(ps.valid_to) - interval '1 microsecond' END
           FROM pro.participant_sites AS ps
           WHERE ps.study_id = p.study_id AND ps.participant_id = p.id)) AS may_read_scores,
       pro.safety_ended_at(p.study_id, p.id) AS safety_ended_at,
       pro.death_reported_at(p.study_id, p.id) AS death_reported_at,
       pro.is_restricted(p.study_id, p.id) AS restricted,
       pro.desk_contacts(p.study_id, p.id) AS contacts, k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.present_participants AS p
LEFT JOIN pro.data_keys AS k ON k.study_id = p.study_id AND k.participant_id = p.id
WHERE p.study_id = $1 AND p.code = $2;

-- name: list_placings(study_id, participant_id)
-- At which sites a participant was and is.
SELECT ps.site_id, ps.valid_from, ps.valid_to FROM pro.participant_sites AS ps
WHERE ps.study_id = $1 AND ps.participant_id = $2
ORDER BY ps.id;

-- name: list_visits_seen(study_id, participant_id)
-- Visits, present and superseded, in the order in which they open.
SELECT v.id, v.definition, v.occurrence, v.schedule_revision, v.provisional, v.opens_at, v.target_on,
       v.closes_at, v.attended_on, v.superseded_at, v.superseded_reason, v.actor
FROM pro.visits AS v
WHERE v.study_id = $1 AND v.participant_id = $2
ORDER BY v.opens_at, v.id;

-- name: list_assessments_seen(study_id, participant_id)
-- What was asked at each visit, with its sittings: how, by whom and when they were answered, which is
-- written down as standing, and where there are several, which items have a value.
WITH several AS MATERIALIZED (SELECT * FROM pro.desk_sittings($1, $2))
SELECT a.visit_id, a.id, a.instrument, a.target, a.submitted_at, a.declined_at, a.partial_scored_at,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', t.id, 'ordinal', t.ordinal, 'mode', t.mode,
                     'respondent', concat_ws('.', t.respondent, t.respondent_relation),
                     'started_at', t.started_at, 'submitted_at', t.submitted_at, 'chosen', c.reason, 'card_shown_at', t.card_shown_at,
                     'apart', t.apart, 'original', t.original,
                     'answered', coalesce(s.answered, '{}'), 'last_answer_at', s.last_answer_at)
                     ORDER BY t.ordinal)
                 FROM pro.attempts AS t
                 LEFT JOIN pro.standing_sittings AS c
                   ON c.study_id = t.study_id AND c.attempt_id = t.id AND c.assessment_id = a.id
                  AND c.closes_at = v.closes_at
                 LEFT JOIN several AS s ON s.attempt_id = t.id
                 WHERE t.study_id = a.study_id AND t.assessment_id = a.id), '[]') AS sittings
FROM pro.assessments AS a
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE a.study_id = $1 AND a.participant_id = $2
ORDER BY a.id;

-- name: list_reminders_seen(study_id, participant_id)
-- The nudges of each visit, and whether the text one became did not arrive.
SELECT r.visit_id, r.ordinal, r.due_at, r.ended_at, r.end_reason,
       coalesce(m.state IN ('undelivered', 'failed'), false) AS undelivered
FROM pro.reminders AS r
LEFT JOIN pro.messages AS m ON m.study_id = r.study_id AND m.id = r.message_id
WHERE r.study_id = $1 AND r.participant_id = $2
ORDER BY r.ordinal, r.id;

-- name: list_statuses_seen(study_id, participant_id)
-- Every status, as given.
SELECT s.status, s.effective_at, s.actor, s.reason FROM pro.statuses AS s
WHERE s.study_id = $1 AND s.participant_id = $2
ORDER BY s.id;

-- name: list_events_seen(study_id, participant_id)
-- Every word on every event.
SELECT e.kind, e.ordinal, e.target, e.planned_on, e.occurred_at, e.recorded_at, e.actor, e.reason
FROM pro.events AS e
WHERE e.study_id = $1 AND e.participant_id = $2
ORDER BY e.id;

-- name: list_consents_seen(study_id, participant_id)
-- Every word on the consent.
SELECT c.version, c.signed_on, c.messages, c.cross_border, c.caregiver, c.part, c.said_on, c.recorded_at, c.actor
FROM pro.consents AS c
WHERE c.study_id = $1 AND c.participant_id = $2
ORDER BY c.id;

-- name: list_answers_seen(study_id, participant_id)
-- Every answer the reader may see, and whether it stands in its sitting.
SELECT r.assessment_id, r.attempt_id, r.item, r.value, r.gap, r.inbound_id, r.received_at, r.answered_at,
       c.response_id IS NOT NULL AS stands
FROM pro.responses AS r
LEFT JOIN pro.sitting_responses AS c
  ON c.study_id = r.study_id AND c.attempt_id = r.attempt_id AND c.item = r.item AND c.response_id = r.id
-- Found by their sittings, one after the other: the planner takes a participant's for a large part of all.
WHERE r.study_id = $1 AND r.attempt_id = ANY (ARRAY(SELECT t.id FROM pro.sittings_of($1, $2) AS t))
ORDER BY r.id;

-- name: list_scores_seen(study_id, participant_id)
-- The scores the reader may see as last written of each sitting, as exact decimals in text: `written` of the domain.
SELECT s.assessment_id, s.attempt_id, s.basis, s.scale, trim_scale(s.raw)::text AS raw, s.lowest, trim_scale(s.normalised)::text AS normalised,
       s.highest, s.answered, s.substituted, s.absent_reason
FROM pro.standing_scores($1) AS s
WHERE s.attempt_id = ANY (ARRAY(SELECT t.id FROM pro.sittings_of($1, $2) AS t))
ORDER BY s.id;

-- name: list_notes_seen(study_id, participant_id)
-- What staff wrote about them, sealed, each with the key that opens it; of others who use the number, what
-- was written when it asked for no more texts.
SELECT n.id, n.words_sealed, n.words_key, n.key_id, n.wrapped, n.wrapping_key
FROM pro.readable_notes AS n
WHERE n.study_id = $1
  AND n.id IN (SELECT o.id FROM pro.notes AS o WHERE o.study_id = $1 AND o.participant_id = $2
               UNION ALL
               SELECT pro.note_of(w.said) FROM pro.desk_opt_outs_of($1, $2) AS o
               CROSS JOIN LATERAL (VALUES (o.reason), (o.end_reason)) AS w (said));

-- name: list_own_events_seen(study_id, participant_id)
-- What else happened: every revision of each event of the protocol's own, and whether it stands.
SELECT event_id, revision, kind, target, began_on, ended_on, dose, dose_unit, struck, recorded_at, actor,
       revision = max(revision) OVER (PARTITION BY event_id) AS stands
FROM pro.own_events WHERE study_id = $1 AND participant_id = $2 ORDER BY id;

-- name: list_remarks_seen(study_id, participant_id)
-- What staff wrote down about a participant that stands for itself.
SELECT said, recorded_at, actor FROM pro.remarks
WHERE study_id = $1 AND participant_id = $2 ORDER BY id;
