-- Groups at the desk (rule R20). The desk reads what decides whether groups may be looked at: the analysis plan and the
-- data cuts, of the studies in which a site is seen from the seat.
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['analysis_plans', 'plans_in_force', 'data_cuts'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('CREATE POLICY desk ON pro.%I FOR SELECT TO pro_desk USING (EXISTS ('
                       'SELECT FROM pro.sites AS y WHERE y.study_id = %I.study_id))', guarded, guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_desk', guarded);
    END LOOP;
END
$$;

-- One scale of every sitting there was at an instant, of the participants now at the sites of the seat whose scores it
-- may see (`desk_may_read_scores`, asked once a participant) and who did not withdraw the use of their data: visits as
-- `analysable_visits` has them, scores as `standing_scores` has them. Which sitting counts is decided by who reads.
CREATE FUNCTION pro.group_scores(study uuid, wanted_instrument text, wanted_scale text, as_of timestamptz)
    RETURNS TABLE (participant_id uuid, assessment_id uuid, target text, treated boolean, site text, definition text,
                   occurrence integer, sittings integer, chosen boolean, apart boolean, mode text, respondent text,
                   basis text, raw numeric, normalised numeric)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH people AS MATERIALIZED (
        SELECT p.id, p.treated_knees, y.code AS site
        FROM pro.participants AS p
        JOIN pro.participant_sites AS ps
          ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
        JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
        WHERE p.study_id = study AND p.recorded_at <= as_of AND y.id = ANY (pro.visible_site_ids())
          AND pro.desk_may_read_scores(study, p.id, as_of)
          AND NOT EXISTS (SELECT FROM pro.statuses AS w
                          WHERE w.study_id = study AND w.participant_id = p.id AND w.status = 'withdrew_data_use'
                            AND w.effective_at <= as_of AND w.recorded_at <= as_of)
    ), asked AS MATERIALIZED (
        SELECT o.id AS participant_id, o.treated_knees, o.site, a.id, a.target, v.definition, v.occurrence, i.until,
               CASE WHEN m.id IS NULL THEN v.closes_at ELSE m.closes_at END AS closes_at
        FROM people AS o
        CROSS JOIN LATERAL pro.analysable_visits(study, o.id, as_of) AS i
        JOIN pro.visits AS v ON v.study_id = study AND v.id = i.visit_id
        JOIN pro.assessments AS a
          ON a.study_id = study AND a.visit_id = v.id AND a.instrument = wanted_instrument AND a.recorded_at <= i.until
        LEFT JOIN LATERAL (
            SELECT c.id, c.closes_at FROM pro.visit_closings AS c
            WHERE c.study_id = study AND c.visit_id = v.id AND c.recorded_at > i.until
            ORDER BY c.id LIMIT 1) AS m ON true
    )
    SELECT q.participant_id, q.id, q.target, q.target = ANY (q.treated_knees), q.site, q.definition, q.occurrence,
           (count(*) OVER (PARTITION BY q.id))::integer, c.attempt_id IS NOT NULL, t.apart IS NOT NULL, t.mode,
           t.respondent, s.basis, s.raw, s.normalised
    FROM asked AS q
    JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = q.id AND t.recorded_at <= q.until
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = study AND c.assessment_id = q.id AND c.attempt_id = t.id AND c.recorded_at <= q.until
     AND c.closes_at = q.closes_at
    LEFT JOIN LATERAL (
        SELECT x.basis, x.raw, x.normalised FROM pro.standing_scores(study, q.until) AS x
        WHERE x.assessment_id = q.id AND x.attempt_id = t.id AND x.scale = wanted_scale
        ORDER BY array_position(ARRAY['complete', 'unsent', 'partial'], x.basis) LIMIT 1) AS s ON true
$$;
REVOKE ALL ON FUNCTION pro.group_scores(uuid, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.group_scores(uuid, text, text, timestamptz) TO pro_desk;
