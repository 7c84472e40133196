-- Paper of a visit that is planned no more, whose answers were recorded anew where they belong (0137), is not typed a
-- second time and not settled there: as in 0130, of visits that stand.
CREATE OR REPLACE FUNCTION pro.desk_papers(study uuid, participant uuid, most integer)
    RETURNS TABLE (kind text, attempt_id uuid, code text, protocol_version_id uuid, site_id uuid, definition text,
                   occurrence integer, instrument text, target text, typed_by text, since timestamptz,
                   open bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH twice AS MATERIALIZED (
        SELECT w.id, i.key AS instrument FROM pro.protocol_versions AS w
        CROSS JOIN LATERAL jsonb_each(w.document -> 'instruments') AS i
        WHERE w.study_id = study AND i.value -> 'second_entry' = 'true'
    ),
    here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, ps.site_id
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
          AND (participant IS NULL OR ps.participant_id = participant) AND EXISTS (SELECT FROM twice)
    ),
    found AS (
        SELECT 'to_type' AS kind, t.id, h.code, h.protocol_version_id, h.site_id, t.assessment_id, t.actor,
               coalesce(t.sending_entered_at, t.submitted_at) AS since, 0::bigint AS open
        FROM here AS h
        JOIN pro.attempts AS t ON t.study_id = study AND t.participant_id = h.id
                              AND t.mode = 'paper' AND t.submitted_at IS NOT NULL
        WHERE EXISTS (SELECT FROM twice AS w JOIN pro.assessments AS a ON a.instrument = w.instrument
                      JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
                      WHERE w.id = h.protocol_version_id AND a.study_id = study AND a.id = t.assessment_id
                        AND v.superseded_at IS NULL)
          AND NOT EXISTS (SELECT FROM pro.second_entries AS e WHERE e.study_id = study AND e.attempt_id = t.id)
        UNION ALL
        SELECT 'to_settle', t.id, h.code, h.protocol_version_id, h.site_id, t.assessment_id, t.actor,
               min(s.recorded_at), count(*)
        FROM here AS h
        JOIN pro.second_answers AS s ON s.study_id = study AND s.participant_id = h.id AND s.differs
        JOIN pro.second_entries AS e ON e.study_id = study AND e.id = s.second_entry_id
        JOIN pro.attempts AS t ON t.study_id = study AND t.id = e.attempt_id
        JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id
        JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id AND v.superseded_at IS NULL
        WHERE NOT EXISTS (SELECT FROM pro.entry_settlements AS x
                          WHERE x.study_id = study AND x.second_answer_id = s.id)
        GROUP BY t.id, h.code, h.protocol_version_id, h.site_id, t.assessment_id, t.actor
    ),
    ranked AS (
        SELECT f.*, count(*) OVER (PARTITION BY f.kind) AS total,
               row_number() OVER (PARTITION BY f.kind ORDER BY f.since, f.id) AS place
        FROM found AS f
    )
    SELECT r.kind, r.id, r.code, r.protocol_version_id, r.site_id, v.definition, v.occurrence, a.instrument,
           a.target, r.actor, r.since, r.open, r.total
    FROM ranked AS r
    JOIN pro.assessments AS a ON a.study_id = study AND a.id = r.assessment_id
    JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id
    WHERE r.place <= most
    ORDER BY r.kind, r.place
$$;

CREATE OR REPLACE FUNCTION pro.desk_entry_differences(study uuid, participant uuid)
    RETURNS TABLE (id uuid, attempt_id uuid, assessment_id uuid, item text, first_actor text, second_actor text,
                   recorded_at timestamptz, readable boolean, first_value integer, first_gap text,
                   second_value integer, second_gap text, settled_at timestamptz, settled_by text, reason text,
                   settled_value integer, settled_gap text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, e.attempt_id, t.assessment_id, s.item, t.actor, s.actor, s.recorded_at, b.readable,
           CASE WHEN b.readable THEN r.value END, CASE WHEN b.readable THEN r.gap END,
           CASE WHEN b.readable THEN s.value END, CASE WHEN b.readable THEN s.gap END,
           x.recorded_at, x.actor, x.reason,
           CASE WHEN b.readable THEN x.value END, CASE WHEN b.readable THEN x.gap END
    FROM pro.second_answers AS s
    JOIN pro.second_entries AS e ON e.study_id = s.study_id AND e.id = s.second_entry_id
    JOIN pro.attempts AS t ON t.study_id = e.study_id AND t.id = e.attempt_id
    JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id AND v.superseded_at IS NULL
    JOIN pro.responses AS r ON r.study_id = s.study_id AND r.id = s.response_id
    LEFT JOIN pro.entry_settlements AS x ON x.study_id = s.study_id AND x.second_answer_id = s.id
    CROSS JOIN LATERAL (SELECT pro.desk_may_read_scores(study, participant, s.recorded_at) AS readable) AS b
    WHERE s.study_id = study AND s.participant_id = participant AND s.differs
      AND pro.desk_may_see(study, participant, s.recorded_at)
    ORDER BY s.id
$$;
