-- Whose latest signature of a visit, or of all of them, is void at sites where one may sign: after it a sitting of what it covers was
-- begun or sent, or a score was written anew, as every correction does; not while a lock holds the visit from before. What
-- voids it is told where it is shown, by computing what was signed again.
CREATE FUNCTION pro.desk_void_signatures(study uuid, sites uuid[])
    RETURNS TABLE (code text, site_id uuid, signatures bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    -- Set by set, as visits to sign are found.
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, ps.site_id FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = ps.study_id AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
          AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    signed AS MATERIALIZED (
        SELECT DISTINCT ON (s.participant_id, s.visit_id) s.id, s.participant_id, s.visit_id, s.signed_at, s.recorded_at
        FROM here AS h JOIN pro.signatures AS s ON s.study_id = study AND s.participant_id = h.id
        ORDER BY s.participant_id, s.visit_id, s.id DESC
    ),
    covered AS MATERIALIZED (
        SELECT g.id, g.participant_id, g.recorded_at, v.id AS visit_id, a.id AS assessment_id
        FROM signed AS g
        JOIN pro.visits AS v ON v.study_id = study AND v.participant_id = g.participant_id
                            AND (v.id = g.visit_id OR g.visit_id IS NULL AND v.closes_at <= g.signed_at)
        JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = v.id
    ),
    touched AS (
        SELECT c.id, c.participant_id, c.visit_id, greatest(t.recorded_at, t.submitted_at) AS at
        FROM covered AS c JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = c.assessment_id
        WHERE greatest(t.recorded_at, t.submitted_at) > c.recorded_at
        UNION ALL
        SELECT c.id, c.participant_id, c.visit_id, s.recorded_at
        FROM covered AS c JOIN pro.scores AS s ON s.study_id = study AND s.assessment_id = c.assessment_id
        WHERE s.recorded_at > c.recorded_at
    )
    SELECT h.code, h.site_id, count(DISTINCT t.id)
    FROM touched AS t JOIN here AS h ON h.id = t.participant_id
    WHERE NOT EXISTS (SELECT FROM pro.lock_spans AS k
                      WHERE k.study_id = study AND k.participant_id = t.participant_id AND k.visit_id = t.visit_id
                        AND k.lifted_at IS NULL AND k.locked_at < t.at)
    GROUP BY h.code, h.site_id ORDER BY h.code
$$;
REVOKE ALL ON FUNCTION pro.desk_void_signatures(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_void_signatures(uuid, uuid[]) TO pro_desk;
