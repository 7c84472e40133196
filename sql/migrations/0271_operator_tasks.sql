-- What only the operator can mend, shown where an administrator works: texts that have no registration and are not
-- sent, and pushes of a provider that nobody could read. No participant is in it: which text, of which sender.
CREATE FUNCTION pro.desk_operator_tasks(study uuid, most_tries integer)
    RETURNS TABLE (kind text, provider text, address text, what text, language text, since timestamptz,
                   broken integer, unknown integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'registration', s.provider, s.address, g.key, g.language, g.recorded_at, 0, 0
    FROM pro.registration_gaps AS g
    JOIN pro.senders_in_use AS s ON s.study_id = g.study_id AND s.id = g.sender_id
    WHERE g.study_id = study
      AND (s.site_id IS NULL OR s.site_id = ANY (pro.visible_site_ids()) OR pro.visible_site_ids() = '{}')
      AND NOT EXISTS (SELECT FROM pro.registered_in_force AS r
                      WHERE r.study_id = g.study_id AND r.sender_id = g.sender_id AND r.key = g.key
                        AND r.language = g.language)
    UNION ALL
    SELECT 'push', p.provider, NULL, p.kind, NULL, p.came_at, p.broken, p.unknown
    FROM pro.provider_pushes AS p
    WHERE p.study_id = study AND p.body_sealed IS NOT NULL AND (p.worked_at IS NOT NULL OR p.tries >= most_tries)
$$;
REVOKE ALL ON FUNCTION pro.desk_operator_tasks(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_operator_tasks(uuid, integer) TO pro_desk;
