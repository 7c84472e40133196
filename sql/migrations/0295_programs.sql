-- Programs that use /api/v1 (R22). A program is a member of staff of kind program: a person without a password, whom a
-- named person answers for, with roles at sites like anybody's. What it shows at each request is a key: known by its
-- hash alone, with scopes that only narrow the roles, until a day.
CREATE TABLE pro.programs (
    -- The person that is a program.
    id uuid PRIMARY KEY REFERENCES pro.people (id),
    answers_id uuid NOT NULL REFERENCES pro.people (id),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    CHECK (answers_id <> id)
);
SELECT pro.audit_table('programs', updatable => false, columns => ARRAY['id', 'answers_id', 'recorded_at', 'actor']);

-- Programs at work: members of a study now, neither they nor whoever answers for them stopped or gone.
CREATE VIEW pro.present_programs WITH (security_invoker = true) AS
    SELECT m.study_id, m.staff_id, m.person_id, m.login
    FROM pro.programs AS g
    JOIN pro.people AS p ON p.id = g.id AND p.disabled_at IS NULL
    JOIN pro.present_staff AS m ON m.person_id = g.id
    JOIN pro.people AS o ON o.id = g.answers_id AND o.disabled_at IS NULL
    JOIN pro.present_staff AS n ON n.study_id = m.study_id AND n.person_id = o.id;

CREATE TABLE pro.api_keys (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    key_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(key_sha256) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    -- Requests in a minute; more wait for the next.
    per_minute integer NOT NULL CHECK (per_minute BETWEEN 1 AND 1000000),
    expires_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id)
);
SELECT pro.audit_table('api_keys', updatable => false, columns => ARRAY['study_id', 'id', 'staff_id', 'key_sha256',
    'scopes', 'per_minute', 'expires_at', 'recorded_at', 'actor']);

CREATE TABLE pro.api_key_ends (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    key_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, key_id),
    FOREIGN KEY (study_id, key_id) REFERENCES pro.api_keys (study_id, id)
);
SELECT pro.audit_table('api_key_ends', updatable => false, columns => ARRAY['study_id', 'id', 'key_id', 'reason',
    'recorded_at', 'actor']);

-- How often a key was used in the present minute, and when last (machine time): a counter, and no record.
CREATE TABLE pro.api_key_uses (
    study_id uuid NOT NULL,
    key_id uuid NOT NULL,
    minute timestamptz NOT NULL DEFAULT '-infinity',
    used integer NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    PRIMARY KEY (study_id, key_id),
    FOREIGN KEY (study_id, key_id) REFERENCES pro.api_keys (study_id, id)
) WITH (fillfactor = 50);

-- A program never signs in: it is given no password, no link to set one and no second factor, by whomever.
CREATE FUNCTION pro.refuse_for_programs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pro.programs AS g WHERE g.id = NEW.person_id) THEN
        RAISE EXCEPTION 'a program never signs in' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION pro.refuse_for_programs() FROM PUBLIC;
CREATE TRIGGER never_of_programs BEFORE INSERT ON pro.person_passwords
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_for_programs();
CREATE TRIGGER never_of_programs BEFORE INSERT ON pro.account_links
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_for_programs();
CREATE TRIGGER never_of_programs BEFORE INSERT ON pro.person_factors
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_for_programs();

-- And is nobody's to reset.
CREATE OR REPLACE FUNCTION pro.keeps_person(person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_and(pro.keeps_member(m.study_id, m.staff_id)), false)
       AND NOT EXISTS (SELECT FROM pro.programs AS g WHERE g.id = person)
    FROM pro.present_staff AS m WHERE m.person_id = person
$$;

-- Whose a key is, with the present roles in its study site by site; nothing once it has ended or expired, or its
-- program or whoever answers for that has left the study or was stopped. A use counts; `wait` says how long until the
-- next where the minute's uses are spent.
CREATE FUNCTION pro.use_api_key(presented bytea)
    RETURNS TABLE (key_id uuid, person_id uuid, person_login text, study_id uuid, study text, study_name text,
                   staff_id uuid, login text, scopes text[], assignments jsonb, wait interval)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    here CONSTANT timestamptz := clock_timestamp();
    present CONSTANT timestamptz := date_trunc('minute', here);
    whose record;
    times integer;
BEGIN
    SELECT k.id, k.study_id, k.scopes, k.per_minute, m.staff_id, m.login, p.id AS person, p.login AS person_login,
           y.code, y.name
    INTO whose
    FROM pro.api_keys AS k
    JOIN pro.present_programs AS m ON m.study_id = k.study_id AND m.staff_id = k.staff_id
    JOIN pro.people AS p ON p.id = m.person_id
    JOIN pro.studies AS y ON y.id = k.study_id
    WHERE k.key_sha256 = presented AND k.expires_at > here
      AND NOT EXISTS (SELECT FROM pro.api_key_ends AS e WHERE e.study_id = k.study_id AND e.key_id = k.id);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- A count that a crash forgets lets a few more through, and no request waits for a disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE pro.api_key_uses AS u
    SET used = CASE WHEN u.minute = present THEN u.used + 1 ELSE 1 END, minute = present, last_used_at = here
    WHERE u.study_id = whose.study_id AND u.key_id = whose.id
    RETURNING u.used INTO times;
    RETURN QUERY SELECT whose.id, whose.person, whose.person_login, whose.study_id, whose.code, whose.name,
        whose.staff_id, whose.login, whose.scopes,
        coalesce((SELECT jsonb_agg(jsonb_build_object('site_id', h.site_id, 'role', h.role)
                                   ORDER BY h.site_id, h.role)
                  FROM (SELECT DISTINCT coalesce(r.site_id, t.id) AS site_id, r.role
                        FROM pro.present_roles AS r
                        LEFT JOIN pro.sites AS t ON t.study_id = r.study_id AND r.site_id IS NULL
                        WHERE r.study_id = whose.study_id AND r.staff_id = whose.staff_id) AS h
                  WHERE h.site_id IS NOT NULL), '[]'),
        CASE WHEN times > whose.per_minute THEN present + interval '1 minute' - here END;
END
$$;

-- Pages of lists, read by keys: under the sites of who looks, by the rule of `desk_may_see`, written out so that it is
-- asked of an index and not of a function for each row; in PL/pgSQL, which keeps the plan.

-- Participants by code: those after one, or just one. Where each is, or of a former one was last; every status and the
-- last word on a death that are seen of them.
CREATE FUNCTION pro.desk_participants_after(study uuid, after text, just text, place text, most integer)
    RETURNS TABLE (id uuid, code text, site text, enrolled_at timestamptz, language text, channel text, zone text,
                   treated_knees text[], protocol text, present boolean, restricted boolean, statuses text[],
                   since timestamptz[], died_at timestamptz, now timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
    at CONSTANT timestamptz := pro.now();
BEGIN
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT p.id, p.code, p.recorded_at, p.language, p.channel, p.zone, p.treated_knees, p.protocol_version_id,
               s.site, s.until
        FROM pro.participants AS p
        CROSS JOIN LATERAL (SELECT t.code AS site, max(coalesce(ps.valid_to, 'infinity')) OVER () AS until
                            FROM pro.participant_sites AS ps
                            JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
                            WHERE ps.study_id = p.study_id AND ps.participant_id = p.id
                              AND ps.site_id = ANY (sites)
                            ORDER BY ps.valid_to IS NULL DESC, ps.id DESC LIMIT 1) AS s
        WHERE p.study_id = study AND p.code > coalesce(after, '')
          AND p.code >= coalesce(just, '') AND (just IS NULL OR p.code = just)
          AND (place IS NULL OR s.site = place)
        ORDER BY p.code LIMIT most
    )
    SELECT p.id, p.code, p.site, p.recorded_at, coalesce(w.language, p.language), coalesce(w.channel, p.channel),
           p.zone, p.treated_knees, v.label, p.until = 'infinity',
           coalesce((SELECT r.restricted FROM pro.restrictions AS r
                     WHERE r.study_id = study AND r.participant_id = p.id ORDER BY r.id DESC LIMIT 1), false),
           coalesce(h.statuses, '{}'), coalesce(h.since, '{}'),
           (SELECT e.occurred_at FROM pro.events AS e
            WHERE e.study_id = study AND e.participant_id = p.id AND e.kind = 'death' AND e.recorded_at < p.until
            ORDER BY e.id DESC LIMIT 1),
           at
    FROM page AS p
    JOIN pro.protocol_versions AS v ON v.study_id = study AND v.id = p.protocol_version_id
    LEFT JOIN LATERAL (SELECT x.language, x.channel FROM pro.preferences AS x
                       WHERE x.study_id = study AND x.participant_id = p.id ORDER BY x.id DESC LIMIT 1) AS w ON true
    LEFT JOIN LATERAL (SELECT array_agg(s.status ORDER BY s.id) AS statuses,
                              array_agg(s.effective_at ORDER BY s.id) AS since
                       FROM pro.statuses AS s
                       WHERE s.study_id = study AND s.participant_id = p.id AND s.recorded_at < p.until) AS h ON true
    ORDER BY p.code;
END
$$;

-- Alerts in the order in which they were raised, after one.
CREATE FUNCTION pro.desk_alerts_after(study uuid, after uuid, most integer)
    RETURNS TABLE (id uuid, participant text, rule text, severity text, raised_at timestamptz, seen_at timestamptz,
                   closed_at timestamptz, assessed_at timestamptz, verdict text, assessment_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT x.* FROM pro.alerts AS x
        WHERE x.study_id = study AND x.id > coalesce(after, '00000000-0000-0000-0000-000000000000')
          AND EXISTS (SELECT FROM pro.participant_sites AS ps
                      WHERE ps.study_id = study AND ps.participant_id = x.participant_id
                        AND ps.site_id = ANY (sites)
                        AND (ps.valid_to IS NULL OR x.recorded_at < ps.valid_to))
        ORDER BY x.id LIMIT most
    )
    SELECT x.id, p.code, x.rule, x.severity, x.raised_at, x.seen_at, x.acted_at, s.assessed_at, s.verdict,
           x.assessment_id
    FROM page AS x
    JOIN pro.participants AS p ON p.study_id = study AND p.id = x.participant_id
    LEFT JOIN LATERAL (SELECT a.assessed_at, a.verdict FROM pro.alert_assessments AS a
                       WHERE a.study_id = study AND a.alert_id = x.id ORDER BY a.id DESC LIMIT 1) AS s ON true
    ORDER BY x.id;
END
$$;

-- Calls in the order in which they were wanted, after one; of what came of them one word of the program's.
CREATE FUNCTION pro.desk_calls_after(study uuid, after uuid, most integer)
    RETURNS TABLE (id uuid, participant text, reason text, created_at timestamptz, closes_at timestamptz,
                   closed_at timestamptz, outcome text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT k.* FROM pro.call_tasks AS k
        WHERE k.study_id = study AND k.id > coalesce(after, '00000000-0000-0000-0000-000000000000')
          AND EXISTS (SELECT FROM pro.participant_sites AS ps
                      WHERE ps.study_id = study AND ps.participant_id = k.participant_id
                        AND ps.site_id = ANY (sites)
                        AND (ps.valid_to IS NULL OR k.recorded_at < ps.valid_to))
        ORDER BY k.id LIMIT most
    )
    SELECT k.id, p.code, k.reason, k.created_at, k.closes_at, k.closed_at,
           CASE WHEN k.outcome NOT LIKE 'note:%' THEN k.outcome END
    FROM page AS k
    JOIN pro.participants AS p ON p.study_id = study AND p.id = k.participant_id
    ORDER BY k.id;
END
$$;
REVOKE ALL ON FUNCTION pro.use_api_key(bytea), pro.desk_participants_after(uuid, text, text, text, integer),
    pro.desk_alerts_after(uuid, uuid, integer), pro.desk_calls_after(uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.use_api_key(bytea), pro.desk_participants_after(uuid, text, text, text, integer),
    pro.desk_alerts_after(uuid, uuid, integer), pro.desk_calls_after(uuid, uuid, integer) TO pro_desk;
GRANT SELECT, INSERT ON pro.programs, pro.api_keys, pro.api_key_ends, pro.api_key_uses TO pro_operator;
