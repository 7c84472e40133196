-- Whether a session of staff is open, said once: six statements said it, each for itself.

-- Opened up by the planner wherever it is asked.
CREATE FUNCTION pro.is_open(n pro.staff_sessions, idle interval, lifetime interval) RETURNS boolean
    LANGUAGE sql AS $$
    SELECT n.ended_at IS NULL AND n.last_seen_at > clock_timestamp() - idle
       AND n.started_at > clock_timestamp() - lifetime
$$;

-- As before (0257), with it; and in plpgsql, which keeps the plans: in SQL both statements were planned anew for every
-- page of the desk.
CREATE OR REPLACE FUNCTION pro.session_of(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb,
                   proved_ago interval, has_factor boolean, factor_proved boolean, held_roles text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT p.id, p.login, p.language,
           (SELECT count(*) FROM pro.present_staff AS x WHERE x.person_id = p.id),
           y.id, y.code, y.name, m.staff_id, m.login,
           coalesce((SELECT jsonb_agg(jsonb_build_object('site_id', held.site_id, 'role', held.role)
                                      ORDER BY held.site_id, held.role)
                     FROM (SELECT DISTINCT coalesce(r.site_id, t.id) AS site_id, r.role
                           FROM pro.present_roles AS r
                           LEFT JOIN pro.sites AS t ON t.study_id = r.study_id AND r.site_id IS NULL
                           WHERE r.study_id = m.study_id AND r.staff_id = m.staff_id) AS held
                     -- Somebody of the whole study, while it has no site yet, is nowhere.
                     WHERE held.site_id IS NOT NULL), '[]'),
           clock_timestamp() - n.proved_at,
           EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = p.id),
           n.factor_at IS NOT NULL,
           ARRAY(SELECT DISTINCT r.role FROM pro.present_staff AS x
                 JOIN pro.present_roles AS r ON r.study_id = x.study_id AND r.staff_id = x.staff_id
                 WHERE x.person_id = p.id)
    FROM pro.staff_sessions AS n
    JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
    LEFT JOIN pro.studies AS y ON y.id = n.study_id
    LEFT JOIN pro.present_staff AS m ON m.study_id = n.study_id AND m.staff_id = n.staff_id
                                    AND m.person_id = n.person_id
    WHERE n.id_sha256 = session_sha256 AND pro.is_open(n, idle, lifetime);
END
$$;

CREATE OR REPLACE FUNCTION pro.use_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb,
                   proved_ago interval, has_factor boolean, factor_proved boolean, held_roles text[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1 AS $$
#variable_conflict use_column
BEGIN
    UPDATE pro.staff_sessions AS n SET last_seen_at = clock_timestamp(), seen_study_at = pro.now()
    WHERE n.id_sha256 = session_sha256 AND pro.is_open(n, idle, lifetime)
      -- Once a minute is exact enough, and spares a write for every page.
      AND n.last_seen_at < clock_timestamp() - least(interval '1 minute', idle / 4);
    RETURN QUERY SELECT s.* FROM pro.session_of(session_sha256, idle, lifetime) AS s;
END
$$;

CREATE OR REPLACE FUNCTION pro.listening(sessions bytea[], roles text[], idle interval, lifetime interval)
    RETURNS TABLE (session_sha256 bytea, study_id uuid, site_ids uuid[], now timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT n.id_sha256, n.study_id,
           ARRAY(SELECT DISTINCT t.id FROM pro.present_roles AS r
                 JOIN pro.sites AS t ON t.study_id = r.study_id AND t.id = coalesce(r.site_id, t.id)
                 WHERE r.study_id = m.study_id AND r.staff_id = m.staff_id AND r.role = ANY (roles)),
           pro.now()
    FROM pro.staff_sessions AS n
    JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
    JOIN pro.present_staff AS m ON m.study_id = n.study_id AND m.staff_id = n.staff_id
                               AND m.person_id = n.person_id
    WHERE n.id_sha256 = ANY (sessions) AND pro.is_open(n, idle, lifetime);
END
$$;

CREATE OR REPLACE FUNCTION pro.list_own_sessions(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (mark text, here boolean, began_ago interval, seen_ago interval, address text, device text,
                   study text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(sha256(n.id_sha256), 'hex'), n.id_sha256 = session_sha256, clock_timestamp() - n.started_at,
           clock_timestamp() - n.last_seen_at, n.address, n.device, y.code
    FROM pro.session_owner(session_sha256) AS o
    JOIN pro.staff_sessions AS n ON n.person_id = o.person_id
    LEFT JOIN pro.studies AS y ON y.id = n.study_id
    WHERE pro.is_open(n, idle, lifetime)
    ORDER BY n.id_sha256 = session_sha256 DESC, n.last_seen_at DESC
$$;

CREATE OR REPLACE FUNCTION pro.list_person_sessions(person uuid, idle interval, lifetime interval)
    RETURNS TABLE (started_at timestamptz, last_seen_at timestamptz, address text, device text, study text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.started_at, n.last_seen_at, n.address, n.device, y.code
    FROM pro.staff_sessions AS n LEFT JOIN pro.studies AS y ON y.id = n.study_id
    WHERE n.person_id = person AND pro.is_open(n, idle, lifetime)
    ORDER BY n.last_seen_at DESC
$$;

CREATE OR REPLACE FUNCTION pro.is_desk_open(session_sha256 bytea, idle interval, lifetime interval) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT pro.database_kind() IS DISTINCT FROM 'demo' AND EXISTS (
        SELECT FROM pro.staff_sessions AS n
        JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
        WHERE n.id_sha256 = session_sha256 AND pro.is_open(n, idle, lifetime))
$$;
