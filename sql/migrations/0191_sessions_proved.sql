-- Sessions as their owner sees them, and how long ago who is in by one proved who they are.

-- Whose an open session is, in which study, and how the record names them.
CREATE FUNCTION pro.session_owner(session_sha256 bytea)
    RETURNS TABLE (person_id uuid, study_id uuid, staff_id uuid, who text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person_id, n.study_id, n.staff_id, 'staff:' || coalesce(s.login, p.login)
    FROM pro.staff_sessions AS n
    JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
    LEFT JOIN pro.staff AS s ON s.study_id = n.study_id AND s.id = n.staff_id
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
$$;

-- The hash of the password in force.
CREATE FUNCTION pro.password_in_force(person uuid) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT x.password_hash FROM pro.person_passwords AS x
    WHERE x.person_id = person ORDER BY x.recorded_at DESC, x.id DESC LIMIT 1
$$;

-- A session as `begin_session_with` makes it, with where it was opened and with what.
CREATE FUNCTION pro.open_session(
    session_sha256 bytea, person uuid, staff uuid, address_text text, device_text text, replaced_sha256 bytea,
    verified text
) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    what text := pro.begin_session_with(session_sha256, person, staff, address_text, replaced_sha256, verified);
BEGIN
    UPDATE pro.staff_sessions AS n SET address = address_text, device = device_text
    WHERE n.id_sha256 = session_sha256 AND what = 'begun';
    RETURN what;
END
$$;

-- Who an open session is (`use_person_session`), how long ago they proved it, whether they have a second factor and
-- gave it, and every role they hold now in any study: a role may demand one.
CREATE FUNCTION pro.use_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (person_id uuid, person_login text, language text, studies bigint, study_id uuid,
                   study text, study_name text, staff_id uuid, login text, assignments jsonb,
                   proved_ago interval, has_factor boolean, factor_proved boolean, held_roles text[])
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.person_id, u.person_login, u.language, u.studies, u.study_id, u.study, u.study_name, u.staff_id,
           u.login, u.assignments, clock_timestamp() - n.proved_at,
           EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = u.person_id),
           n.factor_at IS NOT NULL,
           ARRAY(SELECT DISTINCT r.role FROM pro.present_staff AS m
                 JOIN pro.present_roles AS r ON r.study_id = m.study_id AND r.staff_id = m.staff_id
                 WHERE m.person_id = u.person_id)
    FROM pro.use_person_session(session_sha256, idle, lifetime) AS u
    JOIN pro.staff_sessions AS n ON n.id_sha256 = session_sha256
$$;

-- As before; what was proved under the old id stays proved, and no longer.
CREATE OR REPLACE FUNCTION pro.choose_study(session_sha256 bytea, wanted uuid, fresh_sha256 bytea) RETURNS boolean
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
    INSERT INTO pro.staff_sessions
        (id_sha256, person_id, study_id, staff_id, started_at, address, device, proved_at, factor_at)
    SELECT fresh_sha256, n.person_id, chosen.study_id, chosen.staff_id, n.started_at, n.address, n.device,
           n.proved_at, n.factor_at
    FROM pro.staff_sessions AS n WHERE n.id_sha256 = session_sha256;
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'study_chosen'
    WHERE n.id_sha256 = session_sha256;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, actor)
    VALUES ('study_chosen', chosen.person_id, chosen.study_id, chosen.staff_id, 'staff:' || chosen.login);
    RETURN true;
END
$$;

-- The open sessions of whoever is in by one of them. A mark names a session to its owner: the hash of the hash.
CREATE FUNCTION pro.list_own_sessions(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (mark text, here boolean, began_ago interval, seen_ago interval, address text, device text,
                   study text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(sha256(n.id_sha256), 'hex'), n.id_sha256 = session_sha256, clock_timestamp() - n.started_at,
           clock_timestamp() - n.last_seen_at, n.address, n.device, y.code
    FROM pro.session_owner(session_sha256) AS o
    JOIN pro.staff_sessions AS n ON n.person_id = o.person_id AND n.ended_at IS NULL
    LEFT JOIN pro.studies AS y ON y.id = n.study_id
    WHERE n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
    ORDER BY n.id_sha256 = session_sha256 DESC, n.last_seen_at DESC
$$;

-- The open sessions of a person, for an operator.
CREATE FUNCTION pro.list_person_sessions(person uuid, idle interval, lifetime interval)
    RETURNS TABLE (started_at timestamptz, last_seen_at timestamptz, address text, device text, study text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.started_at, n.last_seen_at, n.address, n.device, y.code
    FROM pro.staff_sessions AS n LEFT JOIN pro.studies AS y ON y.id = n.study_id
    WHERE n.person_id = person AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
    ORDER BY n.last_seen_at DESC
$$;

-- End one further session of one's own by its mark, or without one all further ones; how many ended.
CREATE FUNCTION pro.end_own_sessions(session_sha256 bytea, marked text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'ended_elsewhere'
    FROM pro.session_owner(session_sha256) AS o
    WHERE n.person_id = o.person_id AND n.ended_at IS NULL AND n.id_sha256 <> session_sha256
      AND (marked IS NULL OR encode(sha256(n.id_sha256), 'hex') = marked);
    GET DIAGNOSTICS ended = ROW_COUNT;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, actor)
    SELECT 'ended_elsewhere', o.person_id, o.study_id, o.staff_id, o.who
    FROM pro.session_owner(session_sha256) AS o WHERE ended > 0;
    RETURN ended;
END
$$;

-- A new password of whoever is in, if the one they verified is still in force; their other sessions end.
CREATE FUNCTION pro.change_own_password(session_sha256 bytea, row_id uuid, hash text, verified text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner record;
BEGIN
    SELECT o.* INTO owner FROM pro.session_owner(session_sha256) AS o;
    PERFORM FROM pro.people AS p WHERE p.id = owner.person_id FOR NO KEY UPDATE;
    IF owner.person_id IS NULL OR verified IS DISTINCT FROM pro.password_in_force(owner.person_id) THEN
        RETURN false;
    END IF;
    INSERT INTO pro.person_passwords (id, person_id, password_hash, actor)
    VALUES (row_id, owner.person_id, hash, owner.who);
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'password_changed'
    WHERE n.person_id = owner.person_id AND n.ended_at IS NULL AND n.id_sha256 <> session_sha256;
    UPDATE pro.staff_sessions AS n SET proved_at = clock_timestamp() WHERE n.id_sha256 = session_sha256;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, actor)
    VALUES ('password_set', owner.person_id, owner.study_id, owner.staff_id, owner.who);
    RETURN true;
END
$$;

-- Whoever is in proved anew who they are, by a password that is in force.
CREATE FUNCTION pro.prove_session(session_sha256 bytea, verified text, address_text text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pro.staff_sessions AS n SET proved_at = clock_timestamp()
    FROM pro.session_owner(session_sha256) AS o
    WHERE n.id_sha256 = session_sha256 AND verified = pro.password_in_force(o.person_id);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, address, actor)
    SELECT 'proved', o.person_id, o.study_id, o.staff_id, address_text, o.who
    FROM pro.session_owner(session_sha256) AS o;
    RETURN true;
END
$$;

CREATE FUNCTION pro.refuse_proof(session_sha256 bytea, address_text text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, address, actor)
    SELECT 'proof_refused', o.person_id, o.study_id, o.staff_id, address_text, o.who
    FROM pro.session_owner(session_sha256) AS o
$$;

-- What was tried under a name that a right try made no try.
CREATE FUNCTION pro.forget_tries(tried_sha256 bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM pro.sign_in_tries AS t WHERE t.login_sha256 = tried_sha256
$$;

REVOKE ALL ON FUNCTION pro.session_owner(bytea), pro.password_in_force(uuid),
    pro.open_session(bytea, uuid, uuid, text, text, bytea, text), pro.use_session(bytea, interval, interval),
    pro.list_own_sessions(bytea, interval, interval), pro.list_person_sessions(uuid, interval, interval),
    pro.end_own_sessions(bytea, text), pro.change_own_password(bytea, uuid, text, text),
    pro.prove_session(bytea, text, text), pro.refuse_proof(bytea, text), pro.forget_tries(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.list_person_sessions(uuid, interval, interval) TO pro_operator;
GRANT EXECUTE ON FUNCTION
    pro.open_session(bytea, uuid, uuid, text, text, bytea, text), pro.use_session(bytea, interval, interval),
    pro.list_own_sessions(bytea, interval, interval), pro.end_own_sessions(bytea, text),
    pro.change_own_password(bytea, uuid, text, text), pro.prove_session(bytea, text, text),
    pro.refuse_proof(bytea, text), pro.forget_tries(bytea) TO pro_desk;
