-- What waits for somebody at the desk is found along indexes of its own: few rows, however long the study has run.
CREATE INDEX alerts_to_close ON pro.alerts (study_id) WHERE acted_at IS NULL;
CREATE INDEX texts_of_unknown_fate ON pro.messages (study_id, id)
    WHERE state IN ('ambiguous', 'unconfirmed') AND dealt_at IS NULL;

-- How many urgent alerts are open and how many texts wait to be read, of whom whoever asks may see: what the bar of
-- every page says. Who may be seen is what `desk_may_see` says, for all of them at once.
CREATE FUNCTION pro.desk_waiting(study uuid) RETURNS TABLE (urgent bigint, texts bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT ps.participant_id, ps.valid_to FROM pro.participant_sites AS ps
        WHERE ps.study_id = study AND ps.site_id = ANY (pro.visible_site_ids())
    )
    SELECT (SELECT count(*) FROM pro.alerts AS x
            WHERE x.study_id = study AND x.acted_at IS NULL AND x.severity = 'urgent'
              AND EXISTS (SELECT FROM here AS h WHERE h.participant_id = x.participant_id
                                                  AND (h.valid_to IS NULL OR x.recorded_at < h.valid_to))),
           (SELECT count(*) FROM pro.inbounds AS i
            WHERE i.study_id = study AND i.disposition = 'needs_reading' AND i.read_at IS NULL
              AND CASE WHEN i.participant_id IS NOT NULL
                  THEN EXISTS (SELECT FROM here AS h WHERE h.participant_id = i.participant_id
                                                       AND (h.valid_to IS NULL OR i.recorded_at < h.valid_to))
                  ELSE EXISTS (SELECT FROM pro.desk_line_users(i.study_id, i.line_id))
                       OR pro.desk_stranger_site(i.study_id, i.line_id) IS NOT NULL END)
$$;
REVOKE ALL ON FUNCTION pro.desk_waiting(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_waiting(uuid) TO pro_desk;
