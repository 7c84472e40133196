-- Further roles, and roles held in the whole study: an assignment without a site holds at every site
-- of the study, those added later included.
ALTER TABLE pro.staff_assignments ALTER COLUMN site_id DROP NOT NULL;
ALTER TABLE pro.staff_assignments DROP CONSTRAINT staff_assignments_role_check,
    ADD CONSTRAINT staff_assignments_role_check CHECK (role IN
        ('coordinator', 'investigator', 'data_manager', 'monitor', 'administrator', 'reader',
         'allocation_holder'));

-- Who this session is, with the present assignments site by site, while neither limit has passed.
CREATE OR REPLACE FUNCTION pro.use_staff_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (study_id uuid, staff_id uuid, login text, language text, assignments jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE pro.staff_sessions AS n SET last_seen_at = clock_timestamp()
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
      -- Once a minute is exact enough, and spares a write for every page.
      AND n.last_seen_at < clock_timestamp() - least(interval '1 minute', idle / 4);
    RETURN QUERY
    SELECT s.study_id, s.id, s.login, s.language,
           coalesce((SELECT jsonb_agg(jsonb_build_object('site_id', held.site_id, 'role', held.role)
                                      ORDER BY held.site_id, held.role)
                     FROM (SELECT DISTINCT coalesce(a.site_id, y.id) AS site_id, a.role
                           FROM pro.staff_assignments AS a
                           LEFT JOIN pro.sites AS y ON y.study_id = a.study_id AND a.site_id IS NULL
                           WHERE a.study_id = s.study_id AND a.staff_id = s.id
                             AND a.valid_from <= pro.now()
                             AND (a.valid_to IS NULL OR a.valid_to > pro.now())) AS held
                     -- Somebody of the whole study, while it has no site yet, is nowhere.
                     WHERE held.site_id IS NOT NULL), '[]')
    FROM pro.staff_sessions AS n
    JOIN pro.staff AS s ON s.study_id = n.study_id AND s.id = n.staff_id
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime;
END
$$;
