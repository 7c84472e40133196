-- The sittings of a participant, by which their answers and scores are found: these are the largest tables there
-- are, and an index of theirs by participant would be paid for by every answer. Says nothing but ids; what may be
-- seen of what hangs on them, row-level security says as before.
CREATE FUNCTION pro.sittings_of(study uuid, participant uuid) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id FROM pro.assessments AS a
    JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id
    WHERE a.study_id = study AND a.participant_id = participant
$$;
REVOKE ALL ON FUNCTION pro.sittings_of(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.sittings_of(uuid, uuid) TO pro_desk;
