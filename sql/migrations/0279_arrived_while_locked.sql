-- What came for visits while they were locked: it is kept, and counts once they are unlocked. Whoever looks at the locks sees that
-- something came, and never what.
CREATE FUNCTION pro.desk_arrived_while_locked(study uuid, most integer)
    RETURNS TABLE (lock_id uuid, code text, definition text, occurrence integer, answers bigint, sittings bigint,
                   last_at timestamptz, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH held AS MATERIALIZED (
        SELECT k.lock_id, k.participant_id, k.visit_id, k.locked_at, p.code
        FROM pro.lock_spans AS k
        JOIN pro.participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
        JOIN pro.participant_sites AS ps
          ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
        WHERE k.study_id = study AND k.lifted_at IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    came AS (
        SELECT h.lock_id, h.visit_id, h.code, r.id AS answer, NULL::uuid AS sitting, r.recorded_at
        FROM held AS h
        JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = h.visit_id
        JOIN pro.responses AS r ON r.study_id = study AND r.assessment_id = a.id AND r.recorded_at > h.locked_at
        UNION ALL
        SELECT h.lock_id, h.visit_id, h.code, NULL, t.id, greatest(t.recorded_at, t.submitted_at)
        FROM held AS h
        JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = h.visit_id
        JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = a.id
        WHERE greatest(t.recorded_at, t.submitted_at) > h.locked_at
    )
    SELECT c.lock_id, c.code, v.definition, v.occurrence, count(c.answer), count(DISTINCT c.sitting),
           max(c.recorded_at), count(*) OVER ()
    FROM came AS c JOIN pro.visits AS v ON v.study_id = study AND v.id = c.visit_id
    GROUP BY c.lock_id, c.code, v.id, v.definition, v.occurrence
    ORDER BY max(c.recorded_at) DESC, c.code LIMIT most
$$;
REVOKE ALL ON FUNCTION pro.desk_arrived_while_locked(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_arrived_while_locked(uuid, integer) TO pro_desk;
