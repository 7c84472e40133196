-- What is new at the desk, for pages that are open: found once a second for everybody who listens.

-- Who an open session is, as `use_session` (0191) says, only looked at: it lasts no longer for it.
CREATE FUNCTION pro.session_of(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb,
                   proved_ago interval, has_factor boolean, factor_proved boolean, held_roles text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1 AS $$
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
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
$$;
REVOKE ALL ON FUNCTION pro.session_of(bytea, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.session_of(bytea, interval, interval) TO pro_desk;

-- The same, used: whoever asks for a page is there.
CREATE OR REPLACE FUNCTION pro.use_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb,
                   proved_ago interval, has_factor boolean, factor_proved boolean, held_roles text[])
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE pro.staff_sessions AS n SET last_seen_at = clock_timestamp(), seen_study_at = pro.now()
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
      -- Once a minute is exact enough, and spares a write for every page.
      AND n.last_seen_at < clock_timestamp() - least(interval '1 minute', idle / 4);
    SELECT s.person_id, s.person_login, s.language, s.studies, s.study_id, s.study, s.study_name, s.staff_id,
           s.login, s.assignments, s.proved_ago, s.has_factor, s.factor_proved, s.held_roles
    FROM pro.session_of(session_sha256, idle, lifetime) AS s;
$$;
DROP FUNCTION pro.use_person_session(bytea, interval, interval);

-- Which of these sessions are open, each with its study and the sites at which it holds one of these roles now; and
-- the present study time. None of them lasts longer for being asked about.
CREATE FUNCTION pro.listening(sessions bytea[], roles text[], idle interval, lifetime interval)
    RETURNS TABLE (session_sha256 bytea, study_id uuid, site_ids uuid[], now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.id_sha256, n.study_id,
           ARRAY(SELECT DISTINCT t.id FROM pro.present_roles AS r
                 JOIN pro.sites AS t ON t.study_id = r.study_id AND t.id = coalesce(r.site_id, t.id)
                 WHERE r.study_id = m.study_id AND r.staff_id = m.staff_id AND r.role = ANY (roles)),
           pro.now()
    FROM pro.staff_sessions AS n
    JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
    JOIN pro.present_staff AS m ON m.study_id = n.study_id AND m.staff_id = n.staff_id
                               AND m.person_id = n.person_id
    WHERE n.id_sha256 = ANY (sessions) AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
$$;
REVOKE ALL ON FUNCTION pro.listening(bytea[], text[], interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.listening(bytea[], text[], interval, interval) TO pro_desk;

-- What is new is found along the time it was kept. Alerts and what was sent have such an index (0097, 0146).
CREATE INDEX inbounds_kept ON pro.inbounds (study_id, recorded_at);
CREATE INDEX attempts_sent_by_hand ON pro.attempts (study_id, sending_entered_at)
    WHERE sending_entered_at IS NOT NULL;

-- Alerts raised, texts that came and sittings sent in since an instant (study time), about whom is now at one of
-- these sites: ids alone, the first `most`. A text from a shared number is about all who use it; a stranger's, about
-- nobody, is for the site it came to, or for each.
CREATE FUNCTION pro.news_since(sites uuid[], since timestamptz, most integer)
    RETURNS TABLE (study_id uuid, site_id uuid, kind text, id uuid, participant_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    studies CONSTANT uuid[] := ARRAY(SELECT DISTINCT y.study_id FROM pro.sites AS y WHERE y.id = ANY (sites));
BEGIN
    RETURN QUERY
    WITH texts AS MATERIALIZED (
        SELECT i.study_id, i.id, i.line_id, i.participant_id, i.recorded_at
        FROM pro.inbounds AS i WHERE i.study_id = ANY (studies) AND i.recorded_at > since
    ),
    senders AS MATERIALIZED (
        SELECT x.study_id, x.id, x.participant_id FROM texts AS x WHERE x.participant_id IS NOT NULL
        UNION
        SELECT x.study_id, x.id, c.participant_id
        FROM texts AS x
        JOIN pro.lines AS l ON l.study_id = x.study_id AND l.id = x.line_id
        JOIN pro.contact_points AS c ON c.study_id = l.study_id AND c.blind_index = l.their_index
                                    AND c.valid_to IS NULL AND c.wrong_at IS NULL
        WHERE x.participant_id IS NULL
    ),
    about AS (
        SELECT x.study_id, 'alert' AS kind, x.id, x.participant_id, x.raised_at AS at
        FROM pro.alerts AS x WHERE x.study_id = ANY (studies) AND x.raised_at > since
        UNION ALL
        SELECT t.study_id, 'answers', t.id, t.participant_id, t.submitted_at
        FROM pro.attempts AS t
        WHERE t.study_id = ANY (studies) AND t.submitted_at > since AND t.sending_entered_at IS NULL
        UNION ALL
        SELECT t.study_id, 'answers', t.id, t.participant_id, t.sending_entered_at
        FROM pro.attempts AS t WHERE t.study_id = ANY (studies) AND t.sending_entered_at > since
        UNION ALL
        SELECT s.study_id, 'text', s.id, s.participant_id, x.recorded_at
        FROM senders AS s JOIN texts AS x ON x.study_id = s.study_id AND x.id = s.id
    ),
    placed AS (
        SELECT a.study_id, ps.site_id, a.kind, a.id, a.participant_id, a.at
        FROM about AS a
        JOIN pro.participant_sites AS ps ON ps.study_id = a.study_id AND ps.participant_id = a.participant_id
                                        AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
        UNION ALL
        SELECT x.study_id, y.id, 'text', x.id, NULL, x.recorded_at
        FROM texts AS x
        JOIN pro.lines AS l ON l.study_id = x.study_id AND l.id = x.line_id
        JOIN pro.senders AS s ON s.study_id = l.study_id AND s.id = l.sender_id
        JOIN pro.sites AS y ON y.study_id = l.study_id AND (s.site_id IS NULL OR y.id = s.site_id)
                           AND y.id = ANY (sites)
        WHERE NOT EXISTS (SELECT FROM senders AS k WHERE k.study_id = x.study_id AND k.id = x.id)
    )
    SELECT p.study_id, p.site_id, p.kind, p.id, p.participant_id FROM placed AS p
    ORDER BY p.at, p.id, p.site_id, p.participant_id LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION pro.news_since(uuid[], timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.news_since(uuid[], timestamptz, integer) TO pro_desk;
