-- What the bar of every page says, as before (0145): urgent alerts are joined with who is seen, not looked up one by one.
CREATE OR REPLACE FUNCTION pro.desk_waiting(study uuid) RETURNS TABLE (urgent bigint, texts bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*) FROM pro.alerts AS x
            WHERE x.study_id = study AND x.acted_at IS NULL AND x.severity = 'urgent'
              -- What `desk_sees` says; as a join, since every page counts them.
              AND EXISTS (SELECT FROM pro.participant_sites AS ps
                          WHERE ps.study_id = study AND ps.participant_id = x.participant_id
                            AND ps.site_id = ANY (pro.visible_site_ids())
                            AND (ps.valid_to IS NULL OR x.recorded_at < ps.valid_to))),
           coalesce((SELECT f.total FROM pro.desk_first_texts(study, 1) AS f), 0)
$$;
