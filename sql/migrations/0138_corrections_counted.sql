-- Corrections counted by site and interviewer (rule R13), and those that wait for a decision, of the sites asked for
-- that whoever asks may see: never an answer.
CREATE INDEX corrections_by_study ON pro.corrections (study_id, recorded_at);
CREATE FUNCTION pro.desk_corrections_here(study uuid, sites uuid[])
    RETURNS TABLE (id uuid, participant_id uuid, code text, site_id uuid, interviewer text, kind text, actor text,
                   recorded_at timestamptz, approved boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.id, p.id, p.code, ps.site_id, t.interviewer, c.kind, c.actor, c.recorded_at, d.approved
    FROM pro.corrections AS c
    JOIN pro.participants AS p ON p.study_id = c.study_id AND p.id = c.participant_id
    JOIN pro.participant_sites AS ps ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
    LEFT JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
    JOIN pro.attempts AS t ON t.study_id = c.study_id AND t.id = coalesce(c.attempt_id, r.attempt_id)
    LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
    WHERE c.study_id = study AND ps.site_id = ANY (sites) AND ps.site_id = ANY (pro.visible_site_ids())
$$;
REVOKE ALL ON FUNCTION pro.desk_corrections_here(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_corrections_here(uuid, uuid[]) TO pro_desk;
