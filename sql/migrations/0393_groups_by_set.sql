-- Who may see scores was asked for each participant of a group, in a statement planned anew each time, and visits nobody
-- answered were looked up before they were left out: a third of what the room of groups took.

-- At which sites whoever looks holds a role that a version of the protocol shows scores to.
CREATE FUNCTION pro.scores_open_at(study uuid) RETURNS TABLE (protocol_version_id uuid, site_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT v.id, split_part(r.pair, ':', 1)::uuid
    FROM pro.protocol_versions AS v
    CROSS JOIN unnest(string_to_array(nullif(current_setting('pro.site_roles', true), ''), ',')) AS r (pair)
    WHERE v.study_id = study AND v.document #> '{study,scores_visible_to}' ? split_part(r.pair, ':', 2)
$$;
REVOKE ALL ON FUNCTION pro.scores_open_at(uuid) FROM PUBLIC;

-- As before (0013), by that rule.
CREATE OR REPLACE FUNCTION pro.desk_may_read_scores(study uuid, participant uuid, recorded timestamptz)
    RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pro.participants AS p
        JOIN pro.participant_sites AS ps ON ps.study_id = p.study_id AND ps.participant_id = p.id
        JOIN pro.scores_open_at(study) AS o
          ON o.protocol_version_id = p.protocol_version_id AND o.site_id = ps.site_id
        WHERE p.study_id = study AND p.id = participant
          AND (ps.valid_to IS NULL OR recorded < ps.valid_to))
$$;

-- As before (0245): who may see scores is asked of all at once, and visits are those somebody sat down at.
CREATE OR REPLACE FUNCTION pro.group_scores(study uuid, wanted_instrument text, wanted_scale text, as_of timestamptz)
    RETURNS TABLE (participant_id uuid, assessment_id uuid, target text, treated boolean, site text, definition text,
                   occurrence integer, sittings integer, chosen boolean, apart boolean, mode text, respondent text,
                   basis text, raw numeric, normalised numeric)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH opened AS MATERIALIZED (
        SELECT o.protocol_version_id, o.site_id FROM pro.scores_open_at(study) AS o
    ), people AS MATERIALIZED (
        SELECT p.id, p.treated_knees, y.code AS site
        FROM pro.participants AS p
        JOIN pro.participant_sites AS ps
          ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
        JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
        WHERE p.study_id = study AND p.recorded_at <= as_of AND y.id = ANY (pro.visible_site_ids())
          AND EXISTS (SELECT FROM pro.participant_sites AS k JOIN opened AS o ON o.site_id = k.site_id
                      WHERE k.study_id = study AND k.participant_id = p.id
                        AND o.protocol_version_id = p.protocol_version_id
                        AND (k.valid_to IS NULL OR as_of < k.valid_to))
          AND NOT EXISTS (SELECT FROM pro.statuses AS w
                          WHERE w.study_id = study AND w.participant_id = p.id AND w.status = 'withdrew_data_use'
                            AND w.effective_at <= as_of AND w.recorded_at <= as_of)
    ), asked AS MATERIALIZED (
        SELECT o.id AS participant_id, o.treated_knees, o.site, a.id, a.target, v.definition, v.occurrence, i.until,
               t.id AS attempt_id, t.apart, t.mode, t.respondent,
               CASE WHEN m.id IS NULL THEN v.closes_at ELSE m.closes_at END AS closes_at
        FROM people AS o
        CROSS JOIN LATERAL pro.analysable_visits(study, o.id, as_of) AS i
        JOIN pro.visits AS v ON v.study_id = study AND v.id = i.visit_id
        JOIN pro.assessments AS a
          ON a.study_id = study AND a.visit_id = v.id AND a.instrument = wanted_instrument AND a.recorded_at <= i.until
        JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = a.id AND t.recorded_at <= i.until
        LEFT JOIN LATERAL (
            SELECT c.id, c.closes_at FROM pro.visit_closings AS c
            WHERE c.study_id = study AND c.visit_id = v.id AND c.recorded_at > i.until
            ORDER BY c.id LIMIT 1) AS m ON true
    )
    SELECT q.participant_id, q.id, q.target, q.target = ANY (q.treated_knees), q.site, q.definition, q.occurrence,
           (count(*) OVER (PARTITION BY q.id))::integer, c.attempt_id IS NOT NULL, q.apart IS NOT NULL, q.mode,
           q.respondent, s.basis, s.raw, s.normalised
    FROM asked AS q
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = study AND c.assessment_id = q.id AND c.attempt_id = q.attempt_id AND c.recorded_at <= q.until
     AND c.closes_at = q.closes_at
    LEFT JOIN LATERAL (
        SELECT x.basis, x.raw, x.normalised FROM pro.standing_scores(study, q.until) AS x
        WHERE x.assessment_id = q.id AND x.attempt_id = q.attempt_id AND x.scale = wanted_scale
        ORDER BY array_position(ARRAY['complete', 'unsent', 'partial'], x.basis) LIMIT 1) AS s ON true
$$;
