-- Signing in and out, and what was done to passwords and accounts, of the members of a study. What was done to an account
-- is of no study, and who did it may be on the staff of another one, of which this study is told nothing: neither where
-- they share a database nor where one of them was parted from it. Members are named as the study names them.
CREATE OR REPLACE FUNCTION pro.sign_ins_of(study uuid, person text, since timestamptz, until timestamptz,
                                           before_id bigint, most integer)
    RETURNS TABLE (id bigint, happened_at timestamptz, kind text, login text, address text, actor text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.happened_at, e.kind, m.login, e.address,
           CASE WHEN e.actor NOT LIKE 'staff:%' THEN e.actor
                WHEN EXISTS (SELECT FROM pro.people AS p
                             WHERE p.id = m.person_id AND e.actor = 'staff:' || p.login) THEN 'staff:' || m.login
                WHEN EXISTS (SELECT FROM pro.staff AS s
                             WHERE s.study_id = study AND e.actor = 'staff:' || s.login) THEN e.actor
                ELSE 'elsewhere:' END
    FROM (SELECT DISTINCT s.person_id, s.login FROM pro.staff AS s
          WHERE s.study_id = study AND s.person_id IS NOT NULL AND (person IS NULL OR person = 'staff:' || s.login)) AS m
    CROSS JOIN LATERAL (
        SELECT x.* FROM pro.staff_events AS x
        WHERE x.person_id = m.person_id AND x.id < before_id AND (x.study_id IS NULL OR x.study_id = study)
          AND x.happened_at >= since AND x.happened_at < until
        ORDER BY x.id DESC LIMIT most) AS e
    ORDER BY e.id DESC LIMIT most
$$;
