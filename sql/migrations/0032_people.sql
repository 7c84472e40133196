-- One person, one login, one password, several studies. A person belongs to the installation, not to a
-- study: people and what belongs to them (passwords, sessions, tries) have no study_id, for the same
-- person signs in once and works in several studies. A row of pro.staff is a person's membership of a
-- study: the name the study's record knows them by (`staff:<login>`), from when, until when. Roles stay
-- in staff_assignments. Later a second factor, recovery codes and keys belong to a person too.
SELECT set_config('pro.actor', 'service:migrate', true),
       set_config('pro.reason', 'every member of staff became a person', true);

CREATE TABLE pro.people (
    id uuid PRIMARY KEY,
    -- What they type to sign in.
    login text NOT NULL UNIQUE CHECK (login = lower(login) AND login <> ''),
    language text NOT NULL CHECK (language IN ('en', 'zh_CN')),
    disabled_at timestamptz,
    disabled_reason text CHECK (disabled_reason <> ''),
    -- Two rows that turned out to be one person: whose memberships went to whom.
    joined_to uuid REFERENCES pro.people (id),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CHECK (joined_to IS NULL OR (disabled_at IS NOT NULL AND joined_to <> id))
);
SELECT pro.audit_table('people', updatable => true, columns => ARRAY['id', 'login', 'language',
    'disabled_at', 'disabled_reason', 'joined_to', 'recorded_at', 'actor']);

-- Every member of staff becomes a person of the same id. Whether one login in two studies is one person
-- nobody can know, so it becomes two, with the study's code before the name: what they type already. An
-- operator who does know makes them one by `pro-service staff join`. A name that could be two things
-- (only by codes that differ in capitals, or a name with a slash: neither could sign in) gets its id.
INSERT INTO pro.people (id, login, language, actor)
SELECT n.id, CASE WHEN count(*) OVER (PARTITION BY n.login) = 1 THEN n.login ELSE n.login || '/' || n.id END,
       n.language, 'service:migrate'
FROM (SELECT s.id, s.language,
             CASE WHEN count(*) OVER (PARTITION BY s.login) = 1 AND s.login !~ '/' THEN s.login
                  ELSE lower(y.code) || '/' || s.login END AS login
      FROM pro.staff AS s JOIN pro.studies AS y ON y.id = s.study_id) AS n;

ALTER TABLE pro.staff
    ADD COLUMN person_id uuid REFERENCES pro.people (id),
    ADD COLUMN valid_from timestamptz,
    ADD COLUMN valid_to timestamptz,
    ADD CONSTRAINT staff_valid CHECK (valid_to IS NULL OR valid_to > valid_from),
    -- The person's language counts; here is only what was written before there were people.
    ALTER COLUMN language DROP NOT NULL;
SELECT pro.list_audited('staff', ARRAY['study_id', 'id', 'login', 'language', 'recorded_at', 'actor',
    'person_id', 'valid_from', 'valid_to']);
DO $$
DECLARE
    study uuid;
BEGIN
    -- One by one, for an entry of the audit is of one study.
    FOR study IN SELECT y.id FROM pro.studies AS y ORDER BY y.id LOOP
        UPDATE pro.staff SET person_id = id, valid_from = recorded_at WHERE study_id = study;
    END LOOP;
END
$$;
ALTER TABLE pro.staff ALTER COLUMN person_id SET NOT NULL, ALTER COLUMN valid_from SET NOT NULL,
    ALTER COLUMN valid_from SET DEFAULT pro.now();
CREATE UNIQUE INDEX one_membership_each ON pro.staff (study_id, person_id) WHERE valid_to IS NULL;
CREATE INDEX memberships_of_person ON pro.staff (person_id);
INSERT INTO pro.audit_rules (table_name, reason_on_update) VALUES ('people', true), ('staff', true);

-- Insert-only: the latest row is the password in force. staff_passwords keeps what was there before.
CREATE TABLE pro.person_passwords (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES pro.people (id),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
CREATE INDEX passwords_of_person ON pro.person_passwords (person_id, id);
SELECT pro.audit_table('person_passwords', updatable => false,
    columns => ARRAY['id', 'person_id', 'password_hash', 'recorded_at', 'actor']);
INSERT INTO pro.person_passwords (id, person_id, password_hash, recorded_at, actor)
SELECT p.id, s.person_id, p.password_hash, p.recorded_at, p.actor
FROM pro.staff_passwords AS p JOIN pro.staff AS s ON s.study_id = p.study_id AND s.id = p.staff_id;

-- A session is a person's, and stands in one study once it is chosen. `started_at` is when they signed
-- in, whatever was chosen since.
ALTER TABLE pro.staff_sessions
    ADD COLUMN person_id uuid REFERENCES pro.people (id),
    ALTER COLUMN study_id DROP NOT NULL, ALTER COLUMN staff_id DROP NOT NULL,
    ADD CONSTRAINT staff_sessions_choice CHECK ((study_id IS NULL) = (staff_id IS NULL)),
    DROP CONSTRAINT staff_sessions_end_reason_check,
    ADD CONSTRAINT staff_sessions_end_reason_check CHECK (end_reason IN
        ('signed_out', 'replaced', 'password_changed', 'revoked', 'study_chosen', 'disabled', 'joined'));
UPDATE pro.staff_sessions AS n SET person_id = s.person_id
FROM pro.staff AS s WHERE s.study_id = n.study_id AND s.id = n.staff_id;
ALTER TABLE pro.staff_sessions ALTER COLUMN person_id SET NOT NULL;
DROP INDEX pro.open_sessions_of_staff;
CREATE INDEX open_sessions_of_person ON pro.staff_sessions (person_id) WHERE ended_at IS NULL;

-- Whose try it was, where the name is somebody's: signing in forgets one's own tries and nobody else's.
ALTER TABLE pro.sign_in_tries ADD COLUMN person_id uuid REFERENCES pro.people (id);
-- What happened before there were people names the membership, and through it the person.
ALTER TABLE pro.staff_events
    ADD COLUMN person_id uuid REFERENCES pro.people (id),
    DROP CONSTRAINT staff_events_kind_check,
    ADD CONSTRAINT staff_events_kind_check CHECK (kind IN
        ('signed_in', 'refused', 'throttled', 'signed_out', 'replaced', 'password_set', 'revoked',
         'study_chosen', 'disabled', 'joined'));
CREATE INDEX staff_events_of_person ON pro.staff_events (person_id, id);

-- Who is a member of a study now, and which roles they hold now, site by site; a role of the whole study
-- stands once for every site.
CREATE VIEW pro.present_staff WITH (security_invoker = true) AS
    SELECT s.study_id, s.id AS staff_id, s.person_id, s.login
    FROM pro.staff AS s
    WHERE s.valid_from <= pro.now() AND (s.valid_to IS NULL OR s.valid_to > pro.now());
CREATE VIEW pro.present_roles WITH (security_invoker = true) AS
    SELECT a.study_id, a.staff_id, a.site_id, a.role
    FROM pro.staff_assignments AS a
    WHERE a.valid_from <= pro.now() AND (a.valid_to IS NULL OR a.valid_to > pro.now());

-- Whom a typed name means: the person of this login; else whoever is known by it in the study whose code
-- stands before it, or in any study. More than one: nobody is meant for sure.
CREATE FUNCTION pro.people_named(typed text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH named AS (SELECT p.id FROM pro.people AS p WHERE p.login = typed AND p.joined_to IS NULL)
    SELECT n.id FROM named AS n
    UNION
    SELECT s.person_id
    FROM pro.staff AS s JOIN pro.studies AS y ON y.id = s.study_id
    WHERE NOT EXISTS (SELECT FROM named)
      AND s.login = regexp_replace(typed, '^.*/', '')
      AND (typed !~ '/' OR lower(y.code) = regexp_replace(typed, '/[^/]*$', ''))
$$;

-- Whether one more try is allowed, and its number if so. What was refused is not counted: otherwise
-- anybody could lock a member of staff out for as long as they liked.
CREATE FUNCTION pro.begin_sign_in(
    person uuid, login bytea, address bytea, address_text text, per_login integer, per_address integer,
    within interval
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    since timestamptz := clock_timestamp() - within;
    made bigint;
BEGIN
    -- Always in this order, so that two tries never wait for each other.
    PERFORM pg_advisory_xact_lock(7001, hashtext(encode(login, 'hex')));
    PERFORM pg_advisory_xact_lock(7002, hashtext(encode(address, 'hex')));
    IF (SELECT count(*) FROM pro.sign_in_tries AS t
        WHERE t.login_sha256 = login AND t.tried_at > since) >= per_login
       OR (SELECT count(*) FROM pro.sign_in_tries AS t
           WHERE t.address_sha256 = address AND t.tried_at > since) >= per_address
    THEN
        -- One line a minute and address says enough, and cannot fill the disk.
        INSERT INTO pro.staff_events (kind, person_id, login_sha256, address, actor)
        SELECT 'throttled', person, login, address_text, 'service:desk'
        WHERE NOT EXISTS (SELECT FROM pro.staff_events AS e
                          WHERE e.kind = 'throttled' AND e.address = address_text
                            AND e.happened_at > clock_timestamp() - interval '1 minute');
        RETURN NULL;
    END IF;
    DELETE FROM pro.sign_in_tries AS t WHERE t.tried_at <= since - interval '1 day';
    INSERT INTO pro.sign_in_tries (person_id, login_sha256, address_sha256)
    VALUES (person, login, address) RETURNING id INTO made;
    RETURN made;
END
$$;

-- The one person a typed name means, with the password in force and the studies they are in now.
CREATE FUNCTION pro.find_sign_in(typed text)
    RETURNS TABLE (person_id uuid, login text, disabled boolean, password_hash text, memberships jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH named AS (SELECT n.id FROM pro.people_named(typed) AS n (id))
    SELECT p.id, p.login, p.disabled_at IS NOT NULL, w.password_hash,
           coalesce((SELECT jsonb_agg(jsonb_build_object('study_id', m.study_id, 'staff_id', m.staff_id,
                                                         'study', y.code) ORDER BY y.code)
                     FROM pro.present_staff AS m JOIN pro.studies AS y ON y.id = m.study_id
                     WHERE m.person_id = p.id), '[]')
    FROM named
    JOIN pro.people AS p ON p.id = named.id
    CROSS JOIN LATERAL (SELECT x.password_hash FROM pro.person_passwords AS x
                        WHERE x.person_id = p.id ORDER BY x.recorded_at DESC, x.id DESC LIMIT 1) AS w
    WHERE (SELECT count(*) FROM named) = 1
$$;

CREATE FUNCTION pro.refuse_sign_in(person uuid, login bytea, address_text text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.staff_events (kind, person_id, login_sha256, address, actor)
    VALUES ('refused', person, login, address_text, 'service:desk')
$$;

-- A fresh session in place of the one the browser had, in the study of a present membership or in none
-- yet; the person's tries that led to it are forgotten. False: the person or the membership has ended.
CREATE FUNCTION pro.begin_person_session(
    session_sha256 bytea, person uuid, staff uuid, address_text text, replaced_sha256 bytea
) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who pro.people := (SELECT p FROM pro.people AS p
                       WHERE p.id = person AND p.disabled_at IS NULL FOR SHARE);
    chosen pro.present_staff := (SELECT m FROM pro.present_staff AS m
                                 WHERE m.staff_id = staff AND m.person_id = person);
BEGIN
    IF who.id IS NULL OR (staff IS NOT NULL AND chosen.staff_id IS NULL) THEN
        RETURN false;
    END IF;
    UPDATE pro.staff_sessions SET ended_at = clock_timestamp(), end_reason = 'replaced'
    WHERE id_sha256 = replaced_sha256 AND ended_at IS NULL;
    INSERT INTO pro.staff_sessions (id_sha256, person_id, study_id, staff_id)
    VALUES (session_sha256, person, chosen.study_id, chosen.staff_id);
    DELETE FROM pro.sign_in_tries AS t WHERE t.person_id = person;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, address, actor)
    VALUES ('signed_in', person, chosen.study_id, chosen.staff_id, address_text,
            'staff:' || coalesce(chosen.login, who.login));
    RETURN true;
END
$$;

-- Who an open session is, in which study, with the present roles site by site, while neither limit has
-- passed. The study's name without a membership: theirs has ended since it was chosen.
CREATE FUNCTION pro.use_person_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE pro.staff_sessions AS n SET last_seen_at = clock_timestamp()
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

-- Why a session ended, for whoever still shows its id.
CREATE FUNCTION pro.session_end(session_sha256 bytea) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.end_reason FROM pro.staff_sessions AS n WHERE n.id_sha256 = session_sha256
$$;

-- The studies whoever is in by an open session may work in now, with the roles they hold in each.
CREATE FUNCTION pro.list_own_studies(session_sha256 bytea)
    RETURNS TABLE (study_id uuid, study text, name text, here boolean, roles jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT y.id, y.code, y.name, coalesce(n.study_id = y.id, false),
           coalesce((SELECT jsonb_agg(jsonb_build_object('role', r.role, 'site', t.code)
                                      ORDER BY t.code NULLS FIRST, r.role)
                     FROM pro.present_roles AS r
                     LEFT JOIN pro.sites AS t ON t.study_id = r.study_id AND t.id = r.site_id
                     WHERE r.study_id = m.study_id AND r.staff_id = m.staff_id), '[]')
    FROM pro.staff_sessions AS n
    JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
    JOIN pro.present_staff AS m ON m.person_id = n.person_id
    JOIN pro.studies AS y ON y.id = m.study_id
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
    ORDER BY y.code
$$;

-- Go on in a study under a new id; the hours since signing in go on too. False: not one of theirs now.
CREATE FUNCTION pro.choose_study(session_sha256 bytea, wanted uuid, fresh_sha256 bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chosen pro.present_staff := (
        SELECT m FROM pro.staff_sessions AS n
        JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
        JOIN pro.present_staff AS m ON m.person_id = n.person_id AND m.study_id = wanted
        WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
        FOR UPDATE OF n FOR SHARE OF p);
BEGIN
    IF chosen.staff_id IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO pro.staff_sessions (id_sha256, person_id, study_id, staff_id, started_at)
    SELECT fresh_sha256, n.person_id, chosen.study_id, chosen.staff_id, n.started_at
    FROM pro.staff_sessions AS n WHERE n.id_sha256 = session_sha256;
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'study_chosen'
    WHERE n.id_sha256 = session_sha256;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, actor)
    VALUES ('study_chosen', chosen.person_id, chosen.study_id, chosen.staff_id, 'staff:' || chosen.login);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION pro.end_staff_session(session_sha256 bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'signed_out'
        WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
        RETURNING n.person_id, n.study_id, n.staff_id
    )
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, actor)
    SELECT 'signed_out', e.person_id, e.study_id, e.staff_id, 'staff:' || coalesce(s.login, p.login)
    FROM ended AS e
    JOIN pro.people AS p ON p.id = e.person_id
    LEFT JOIN pro.staff AS s ON s.study_id = e.study_id AND s.id = e.staff_id
$$;

-- A new password ends every session that stood on the old one.
CREATE FUNCTION pro.set_person_password(person uuid, row_id uuid, hash text, who text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.person_passwords (id, person_id, password_hash, actor) VALUES (row_id, person, hash, who);
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'password_changed'
    WHERE n.person_id = person AND n.ended_at IS NULL;
    INSERT INTO pro.staff_events (kind, person_id, actor) VALUES ('password_set', person, who)
$$;

-- End every session of a person: because an operator says so, or because the person is stopped or joined
-- to another.
CREATE FUNCTION pro.end_person_sessions(person uuid, why text, who text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = why
    WHERE n.person_id = person AND n.ended_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    INSERT INTO pro.staff_events (kind, person_id, actor) VALUES (why, person, who);
    RETURN ended;
END
$$;

REVOKE ALL ON FUNCTION pro.people_named(text),
    pro.begin_sign_in(uuid, bytea, bytea, text, integer, integer, interval), pro.find_sign_in(text),
    pro.refuse_sign_in(uuid, bytea, text), pro.begin_person_session(bytea, uuid, uuid, text, bytea),
    pro.use_person_session(bytea, interval, interval), pro.session_end(bytea),
    pro.list_own_studies(bytea), pro.choose_study(bytea, uuid, bytea),
    pro.set_person_password(uuid, uuid, text, text), pro.end_person_sessions(uuid, text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    pro.begin_sign_in(uuid, bytea, bytea, text, integer, integer, interval), pro.find_sign_in(text),
    pro.refuse_sign_in(uuid, bytea, text), pro.begin_person_session(bytea, uuid, uuid, text, bytea),
    pro.use_person_session(bytea, interval, interval), pro.session_end(bytea),
    pro.list_own_studies(bytea), pro.choose_study(bytea, uuid, bytea) TO pro_desk;
GRANT EXECUTE ON FUNCTION pro.people_named(text), pro.set_person_password(uuid, uuid, text, text),
    pro.end_person_sessions(uuid, text, text) TO pro_operator;
GRANT SELECT, INSERT ON pro.people TO pro_operator;
GRANT UPDATE (disabled_at, disabled_reason, joined_to) ON pro.people TO pro_operator;
GRANT UPDATE (person_id, valid_to) ON pro.staff TO pro_operator;
GRANT SELECT ON pro.present_staff TO pro_operator;
