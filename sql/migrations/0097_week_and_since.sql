-- Beside the list of work: the week that comes, and what changed since somebody was last here.

-- When a session was last used, by study time: machine time says nothing about visits where time was moved.
ALTER TABLE pro.staff_sessions ADD COLUMN seen_study_at timestamptz;
UPDATE pro.staff_sessions SET seen_study_at = last_seen_at + (pro.now() - now());
ALTER TABLE pro.staff_sessions
    ALTER COLUMN seen_study_at SET DEFAULT pro.now(), ALTER COLUMN seen_study_at SET NOT NULL;
CREATE INDEX sessions_of_person ON pro.staff_sessions (person_id, started_at);

-- As before, and with it.
CREATE OR REPLACE FUNCTION pro.use_person_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE pro.staff_sessions AS n SET last_seen_at = clock_timestamp(), seen_study_at = pro.now()
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
      -- Once a minute is exact enough, and spares a write for every page.
      AND n.last_seen_at < clock_timestamp() - least(interval '1 minute', idle / 4);
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
                     WHERE held.site_id IS NOT NULL), '[]')
    FROM pro.staff_sessions AS n
    JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
    LEFT JOIN pro.studies AS y ON y.id = n.study_id
    LEFT JOIN pro.present_staff AS m ON m.study_id = n.study_id AND m.staff_id = n.staff_id
                                    AND m.person_id = n.person_id
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime;
END
$$;

-- When whoever is in by a session was here before they signed in: the end of their session before, in this study.
CREATE FUNCTION pro.last_here(study uuid, session_sha256 bytea) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(b.seen_study_at)
    FROM pro.staff_sessions AS n
    JOIN pro.staff_sessions AS b ON b.person_id = n.person_id AND b.started_at < n.started_at
    WHERE n.id_sha256 = session_sha256 AND n.study_id = study AND b.study_id = study
$$;
REVOKE ALL ON FUNCTION pro.last_here(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.last_here(uuid, bytea) TO pro_desk;

-- Whether the status in force at an instant is none of these, and no death was recorded: `standing` of the domain,
-- for many. Who has no status yet is not asked.
CREATE FUNCTION pro.stands_outside(study uuid, participant uuid, at timestamptz, statuses text[]) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT x.status <> ALL (statuses) FROM pro.statuses AS x
                     WHERE x.study_id = study AND x.participant_id = participant AND x.effective_at <= at
                     ORDER BY x.id DESC LIMIT 1), false)
       AND NOT EXISTS (SELECT FROM pro.latest_events(study, participant) AS e
                       WHERE e.kind = 'death' AND e.occurred_at <= at)
$$;

-- Of those now at a site of whoever asks: whose visits open, whose close with something owed, and who comes to the
-- clinic, from now until an instant; the first `most` of each kind and how many there are. Visits are walked along
-- their closing, so `longest` is how long a window may be open at most. `clinic` holds pairs of a version and a
-- visit of it; `unasked` and `unseen` the statuses that end questions, and visits.
CREATE FUNCTION pro.desk_week(study uuid, until timestamptz, longest interval, clinic jsonb, unasked text[],
                              unseen text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, zone text, protocol_version_id uuid, definition text,
                   occurrence integer, opens_at timestamptz, closes_at timestamptz, target_on date, owes boolean,
                   total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, p.zone, ps.site_id, (SELECT pro.now()) AS now
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    soon AS MATERIALIZED (
        SELECT h.id AS participant_id, h.code, h.site_id, h.zone, h.protocol_version_id, h.now, v.id, v.definition,
               v.occurrence, v.provisional, v.opens_at, v.closes_at, v.target_on, v.attended_on,
               (h.now AT TIME ZONE h.zone)::date AS today
        FROM pro.visits AS v
        JOIN here AS h ON h.id = v.participant_id
        WHERE v.study_id = study AND v.superseded_at IS NULL AND v.closes_at > (SELECT pro.now())
          AND v.closes_at <= until + longest
    ),
    told AS (
        SELECT 'closes' AS kind, s.closes_at AS at, s.*, true AS owes FROM soon AS s
        WHERE NOT s.provisional AND s.opens_at <= s.now AND s.closes_at <= until
          AND pro.stands_outside(study, s.participant_id, s.now, unasked)
          AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = s.id
                                                         AND a.submitted_at IS NULL AND a.declined_at IS NULL)
        UNION ALL
        SELECT 'opens', s.opens_at, s.*, true FROM soon AS s
        WHERE NOT s.provisional AND s.opens_at > s.now AND s.opens_at <= until
          AND pro.stands_outside(study, s.participant_id, s.now, unasked)
          AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = s.id)
        UNION ALL
        SELECT 'clinic', s.target_on::timestamp AT TIME ZONE s.zone, s.*, false FROM soon AS s
        WHERE s.attended_on IS NULL AND s.target_on >= s.today AND s.target_on < s.today + 7
          AND clinic @> jsonb_build_array(jsonb_build_array(s.protocol_version_id, s.definition))
          AND pro.stands_outside(study, s.participant_id, s.now, unseen)
    ),
    placed AS (
        SELECT t.*, row_number() OVER (PARTITION BY t.kind ORDER BY t.at, t.code) AS place,
               count(*) OVER (PARTITION BY t.kind) AS total
        FROM told AS t
    )
    SELECT p.kind, p.code, p.site_id, p.zone, p.protocol_version_id, p.definition, p.occurrence, p.opens_at,
           p.closes_at, p.target_on,
           p.owes OR EXISTS (SELECT FROM pro.visits AS o
                             JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = o.id
                              AND a.submitted_at IS NULL AND a.declined_at IS NULL
                             WHERE o.study_id = study AND o.participant_id = p.participant_id
                               AND o.superseded_at IS NULL AND NOT o.provisional
                               AND o.opens_at <= p.now AND o.closes_at > p.now),
           p.total
    FROM placed AS p WHERE p.place <= most
    ORDER BY p.kind, p.place
$$;
REVOKE ALL ON FUNCTION pro.desk_week(uuid, timestamptz, interval, jsonb, text[], text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_week(uuid, timestamptz, interval, jsonb, text[], text[], integer) TO pro_desk;

-- What was sent in since an instant is found along it.
CREATE INDEX attempts_sent ON pro.attempts (study_id, submitted_at) WHERE submitted_at IS NOT NULL;

-- Of those now at a site of whoever asks: which visits were answered since an instant, which closed without a word,
-- whose number changed, and whose texts stopped; the latest `most` of each kind and how many there are. What was
-- answered is not said.
CREATE FUNCTION pro.desk_changes(study uuid, since timestamptz, unasked text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, protocol_version_id uuid, definition text,
                   occurrence integer, at timestamptz, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, ps.site_id, (SELECT pro.now()) AS now
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    told AS (
        SELECT 'answered' AS kind, v.participant_id, v.definition, v.occurrence, max(t.submitted_at) AS at
        FROM pro.attempts AS t
        JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id
        JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id
        WHERE t.study_id = study AND t.submitted_at > since
        GROUP BY v.id, v.participant_id, v.definition, v.occurrence
        UNION ALL
        SELECT 'unanswered', v.participant_id, v.definition, v.occurrence, v.closes_at
        FROM pro.visits AS v
        WHERE v.study_id = study AND v.superseded_at IS NULL AND NOT v.provisional
          AND v.closes_at > since AND v.closes_at <= (SELECT pro.now())
          AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = v.id)
          AND NOT pro.heard_at_visit(study, v.id)
          AND pro.stands_outside(study, v.participant_id, v.closes_at, unasked)
        UNION ALL
        SELECT 'numbers', c.participant_id, NULL, NULL, max(c.recorded_at)
        FROM pro.contact_points AS c
        WHERE c.study_id = study AND c.recorded_at > since
          AND EXISTS (SELECT FROM pro.contact_points AS b
                      WHERE b.study_id = study AND b.participant_id = c.participant_id AND b.id < c.id
                        AND b.valid_to IS NOT NULL)
        GROUP BY c.participant_id
        UNION ALL
        SELECT 'stopped', o.participant_id, NULL, NULL, max(o.started_at)
        FROM pro.desk_opt_outs(study) AS o
        WHERE o.started_at > since AND o.ended_at IS NULL
        GROUP BY o.participant_id
    ),
    placed AS (
        SELECT t.*, h.code, h.site_id, h.protocol_version_id,
               row_number() OVER (PARTITION BY t.kind ORDER BY t.at DESC, h.code) AS place,
               count(*) OVER (PARTITION BY t.kind) AS total
        FROM told AS t JOIN here AS h ON h.id = t.participant_id
    )
    SELECT p.kind, p.code, p.site_id, p.protocol_version_id, p.definition, p.occurrence, p.at, p.total
    FROM placed AS p WHERE p.place <= most
    ORDER BY p.kind, p.place
$$;
REVOKE ALL ON FUNCTION pro.desk_changes(uuid, timestamptz, text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_changes(uuid, timestamptz, text[], integer) TO pro_desk;
