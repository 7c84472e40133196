-- A site that a participant left keeps the answers and scores of its own period, as it keeps all else
-- of it: blinding looks at the role at each site of the participant, not at the present one alone.

CREATE FUNCTION pro.desk_may_read_scores(study uuid, participant uuid, recorded timestamptz)
    RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pro.participants AS p
        JOIN pro.protocol_versions AS v ON v.study_id = p.study_id AND v.id = p.protocol_version_id
        JOIN pro.participant_sites AS ps ON ps.study_id = p.study_id AND ps.participant_id = p.id
        JOIN unnest(string_to_array(nullif(current_setting('pro.site_roles', true), ''), ',')) AS r (pair)
          ON split_part(r.pair, ':', 1)::uuid = ps.site_id
        WHERE p.study_id = study AND p.id = participant
          AND (ps.valid_to IS NULL OR recorded < ps.valid_to)
          AND v.document #> '{study,scores_visible_to}' ? split_part(r.pair, ':', 2))
$$;
REVOKE ALL ON FUNCTION pro.desk_may_read_scores(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_may_read_scores(uuid, uuid, timestamptz) TO pro_desk;

DROP POLICY blinding ON pro.responses;
CREATE POLICY blinding ON pro.responses AS RESTRICTIVE FOR SELECT TO pro_desk
    USING (pro.desk_may_read_scores(study_id, participant_id, recorded_at));
DROP POLICY blinding ON pro.scores;
CREATE POLICY blinding ON pro.scores AS RESTRICTIVE FOR SELECT TO pro_desk
    USING (pro.desk_may_read_scores(study_id, participant_id, recorded_at));
DROP FUNCTION pro.desk_may_read_scores(uuid, uuid);
