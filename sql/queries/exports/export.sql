-- name: list_transactions_under_way()
-- The transactions that run in this database now, beside our own and those that say they only read:
-- each by a name that no later one bears. Whose they are, or since when, the service may not see.
SELECT l.virtualtransaction AS id, l.pid
FROM pg_locks AS l
JOIN pg_stat_activity AS a ON a.pid = l.pid
JOIN pg_database AS d ON d.oid = a.datid AND d.datname = current_database()
WHERE l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock' AND l.granted
  AND a.usesysid IS NOT NULL AND l.pid <> pg_backend_pid()
  AND NOT EXISTS (SELECT FROM pg_locks AS reads
                  WHERE reads.pid = l.pid AND reads.locktype = 'advisory'
                    AND reads.classid = 7004 AND reads.objid = 1);

-- name: say_only_reading()
-- Tell other exports that this transaction writes nothing, so that they need not wait for it.
SELECT pg_advisory_xact_lock_shared(7004, 1);

-- name: show_snapshot()
-- What this transaction sees, by a name under which another can see the same.
SELECT pg_export_snapshot();

-- name: list_participants_to_export(study_id, as_of)
-- Who was known at an instant, in the order of every table, with the site as recorded until then; and who is restricted
-- now, whatever the instant: that holds for what leaves from then on (R17).
SELECT p.id, (SELECT t.code FROM pro.participant_sites AS ps
              JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
              WHERE ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.recorded_at <= $2
              ORDER BY ps.id DESC LIMIT 1) AS site,
       pro.is_restricted(p.study_id, p.id) AS restricted
FROM pro.participants AS p WHERE p.study_id = $1 AND p.recorded_at <= $2
ORDER BY p.id;

-- name: list_exported_participants(study_id, participant_ids, as_of)
-- These participants, in this order, with their site, protocol version, statuses and events as recorded until an instant.
SELECT p.id AS participant_id, p.code, p.zone, p.recorded_at, p.treated_knees, w.id AS protocol_version_id, w.content_sha256 AS protocol_sha256,
       (SELECT t.code FROM pro.participant_sites AS ps
        JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
        WHERE ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.recorded_at <= $3
        ORDER BY ps.id DESC LIMIT 1) AS site,
       coalesce((SELECT jsonb_agg(jsonb_build_object('status', x.status,
                     'effective_at', x.effective_at) ORDER BY x.id)
                 FROM pro.statuses AS x
                 WHERE x.study_id = p.study_id AND x.participant_id = p.id AND x.recorded_at <= $3),
                '[]') AS statuses,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'ordinal', e.ordinal,
                     'target', e.target, 'planned_on', e.planned_on,
                     'occurred_at', e.occurred_at) ORDER BY e.id)
                 FROM pro.latest_events(p.study_id, p.id, $3) AS e), '[]') AS events
FROM unnest($2::uuid[]) WITH ORDINALITY AS o (id, place)
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = o.id
LEFT JOIN LATERAL (
    SELECT h.protocol_version_id FROM pro.participant_protocols AS h
    WHERE h.study_id = p.study_id AND h.participant_id = p.id AND h.recorded_at <= $3
    ORDER BY h.id DESC LIMIT 1) AS pinned ON true
JOIN pro.protocol_versions AS w
  ON w.study_id = p.study_id AND w.id = coalesce(pinned.protocol_version_id, p.protocol_version_id)
ORDER BY o.place;

-- name: list_exported_own_events(study_id, participant_ids, as_of)
-- What else happened to a participant, as it stood at an instant; nothing of what was struck by then.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT x.event_id, x.revision, x.kind, x.target, x.began_on, x.ended_on, x.dose, x.dose_unit, x.recorded_at, x.actor
    FROM (SELECT DISTINCT ON (e.event_id) e.* FROM pro.own_events AS e
          WHERE e.study_id = $1 AND e.participant_id = p.id AND e.recorded_at <= $3
          ORDER BY e.event_id, e.revision DESC) AS x
    WHERE NOT x.struck ORDER BY x.began_on, x.event_id
) AS x
ORDER BY p.place;

-- name: list_exported_data_queries(study_id, participant_ids, as_of)
-- The data queries about a participant that were raised by an instant, with the steps taken by then.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT q.id, v.definition, v.occurrence, a.instrument, a.target, q.item, q.rule, q.recorded_at, q.actor,
           s.answered_at, s.answered_by, s.closed_at, s.closed_by, coalesce(s.steps, 0) AS steps, s.last_step
    FROM pro.data_queries AS q
    LEFT JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = q.assessment_id
    LEFT JOIN pro.visits AS v ON v.study_id = $1 AND v.id = coalesce(q.visit_id, a.visit_id)
    LEFT JOIN LATERAL (
        SELECT count(*) AS steps, (array_agg(t.step ORDER BY t.id DESC))[1] AS last_step,
               (array_agg(t.recorded_at ORDER BY t.id) FILTER (WHERE t.step = 'answered'))[1] AS answered_at,
               (array_agg(t.actor ORDER BY t.id) FILTER (WHERE t.step = 'answered'))[1] AS answered_by,
               (array_agg(t.recorded_at ORDER BY t.id DESC) FILTER (WHERE t.step = 'closed'))[1] AS closed_at,
               (array_agg(t.actor ORDER BY t.id DESC) FILTER (WHERE t.step = 'closed'))[1] AS closed_by
        FROM pro.data_query_steps AS t
        WHERE t.study_id = $1 AND t.query_id = q.id AND t.recorded_at <= $3) AS s ON true
    WHERE q.study_id = $1 AND q.participant_id = p.id AND q.recorded_at <= $3
    ORDER BY q.id
) AS x
ORDER BY p.place;

-- name: list_exported_assessments(study_id, participant_ids, as_of)
-- What was asked of a participant by the schedule of that instant and its closings then, a row for each
-- sitting there was by then; `chosen_because`: why it was written down as standing. Of a visit that is locked, until its lock.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT a.id, v.id AS visit_id, v.definition, v.occurrence, v.schedule_revision, v.provisional,
           v.opens_at, v.target_on, CASE WHEN m.id IS NULL THEN v.closes_at ELSE m.closes_at END AS closes_at, a.instrument, a.target,
           CASE WHEN a.declined_at <= i.until THEN a.declined_at END AS declined_at,
           t.id AS attempt_id, t.ordinal AS sitting, t.mode, t.respondent, t.respondent_relation,
           -- Of what was recorded anew where it belongs, who typed it in then.
           CASE WHEN t.mode IN ('telephone', 'paper') THEN coalesce(
               (SELECT r.entered_by FROM pro.responses AS r
                WHERE r.study_id = t.study_id AND r.attempt_id = t.id AND t.replaces IS NOT NULL LIMIT 1), t.actor)
           END AS entered_by, t.interviewer,
           t.apart AS not_for_analysis, CASE WHEN t.mode = 'paper' THEN pro.paper_state($1, t.id, i.until) END AS second_entry,
           t.authentication, t.card_shown_at, t.language, t.release, t.instrument_sha256, t.wording_sha256, t.started_at,
           -- As claimed, of what staff typed in: it counts since it was entered.
           CASE WHEN coalesce(t.sending_entered_at, t.submitted_at) <= i.until THEN t.submitted_at END AS submitted_at,
           c.reason AS chosen_because, t.handover_id,
           (SELECT s.tablet FROM pro.tablet_steps AS s
            WHERE s.study_id = t.study_id AND s.handover_id = t.handover_id AND s.step = 'opened') AS tablet,
           (SELECT h.actor FROM pro.tablet_handovers AS h
            WHERE h.study_id = t.study_id AND h.id = t.handover_id) AS handed_over_by,
           (SELECT concat_ws(' ', CASE WHEN o.participant_id <> t.participant_id THEN f.code END, w.definition,
                             w.occurrence, b.target)
            FROM pro.attempts AS o
            JOIN pro.participants AS f ON f.study_id = o.study_id AND f.id = o.participant_id
            JOIN pro.assessments AS b ON b.study_id = o.study_id AND b.id = o.assessment_id
            JOIN pro.visits AS w ON w.study_id = b.study_id AND w.id = b.visit_id
            WHERE o.study_id = t.study_id AND o.id = t.moved_from) AS moved_from
    FROM pro.analysable_visits($1, p.id, $3) AS i
    JOIN pro.visits AS v ON v.study_id = $1 AND v.id = i.visit_id
    JOIN pro.assessments AS a ON a.study_id = v.study_id AND a.visit_id = v.id AND a.recorded_at <= i.until
    LEFT JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id AND t.recorded_at <= i.until
    LEFT JOIN LATERAL (
        SELECT c.id, c.closes_at FROM pro.visit_closings AS c
        WHERE c.study_id = v.study_id AND c.visit_id = v.id AND c.recorded_at > i.until
        ORDER BY c.id LIMIT 1) AS m ON true
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = t.study_id AND c.assessment_id = t.assessment_id AND c.attempt_id = t.id
     AND c.recorded_at <= i.until AND c.closes_at = CASE WHEN m.id IS NULL THEN v.closes_at ELSE m.closes_at END
    ORDER BY v.opens_at, v.id, a.id, t.ordinal
) AS x
ORDER BY p.place;

-- name: list_exported_answers(study_id, participant_ids, as_of)
-- What stood answered in each sitting at that instant, and how often it had been corrected; of a visit that is
-- locked, until its lock. An overtaken answer never stood, so it is neither.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (r.attempt_id, r.item)
           r.attempt_id, r.item, r.value, r.gap, r.answered_at, r.received_at, r.inbound_id IS NOT NULL AS by_text,
           count(*) OVER (PARTITION BY r.attempt_id, r.item) - 1 AS corrections
    FROM pro.analysable_visits($1, p.id, $3) AS i
    JOIN pro.assessments AS a ON a.study_id = $1 AND a.visit_id = i.visit_id
    JOIN pro.attempts AS t ON t.study_id = $1 AND t.assessment_id = a.id
    -- Which stand now is looked up once a sitting, and not once an answer.
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(c.response_id), '{}') AS now FROM pro.sitting_responses AS c
        WHERE c.study_id = $1 AND c.attempt_id = t.id) AS stands
    JOIN pro.responses AS r ON r.study_id = $1 AND r.attempt_id = t.id AND r.recorded_at <= i.until
    WHERE r.reason IS DISTINCT FROM 'overtaken'
    ORDER BY r.attempt_id, r.item, r.id = ANY (stands.now) DESC, r.id DESC
) AS x
ORDER BY p.place;

-- name: list_exported_scores(study_id, participant_ids, as_of)
-- The scores that stood at that instant, or when a visit was locked: the last written of each sitting, basis and scale.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT s.attempt_id, s.basis, s.scale, s.revision, s.instrument_version, s.scoring_version, s.raw,
           s.normalised, s.lowest, s.highest, s.answered, s.substituted, s.absent_reason
    FROM pro.analysable_visits($1, p.id, $3) AS i
    JOIN pro.assessments AS a ON a.study_id = $1 AND a.visit_id = i.visit_id
    CROSS JOIN LATERAL (SELECT x.* FROM pro.standing_scores($1, i.until) AS x WHERE x.assessment_id = a.id) AS s
    ORDER BY s.attempt_id, s.basis, s.scale
) AS x
ORDER BY p.place;
