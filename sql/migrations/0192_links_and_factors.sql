-- A link sets a password once; a second factor is set, asked for, and used up code by code.

-- Whose an open link is.
CREATE FUNCTION pro.find_account_link(sought_sha256 bytea) RETURNS TABLE (login text, language text, kind text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.login, p.language, l.kind
    FROM pro.open_links AS l
    JOIN pro.people AS p ON p.id = l.person_id AND p.disabled_at IS NULL
    WHERE l.token_sha256 = sought_sha256 AND l.expires_at > clock_timestamp()
$$;

-- A password by a link, which is used by that; every session of the person ends. False: it was no open link.
CREATE FUNCTION pro.use_account_link(
    sought_sha256 bytea, row_id uuid, end_id uuid, hash text, address_text text
) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    link record;
BEGIN
    PERFORM FROM pro.account_links AS l WHERE l.token_sha256 = sought_sha256 FOR UPDATE;
    SELECT l.id, l.person_id, 'staff:' || p.login AS who INTO link
    FROM pro.open_links AS l
    JOIN pro.people AS p ON p.id = l.person_id AND p.disabled_at IS NULL
    WHERE l.token_sha256 = sought_sha256 AND l.expires_at > clock_timestamp();
    IF link.id IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO pro.account_link_ends (id, link_id, why, actor) VALUES (end_id, link.id, 'used', link.who);
    PERFORM pro.set_person_password(link.person_id, row_id, hash, link.who);
    INSERT INTO pro.staff_events (kind, person_id, address, actor)
    VALUES ('link_used', link.person_id, address_text, link.who);
    RETURN true;
END
$$;

-- The second factor in force of a person, with the key its secret is sealed under, the half minute of the last code
-- that counted, and the time: codes are of the database's clock, as all that expires.
CREATE FUNCTION pro.find_factor(person uuid)
    RETURNS TABLE (id uuid, secret_sealed bytea, secret_key text, key_id uuid, wrapped bytea, wrapping_key text,
                   recovery_sha256 bytea[], last_step bigint, now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.id, f.secret_sealed, f.secret_key, k.id, k.wrapped, k.wrapping_key, f.recovery_sha256,
           (SELECT max(u.which) FROM pro.person_factor_uses AS u WHERE u.factor_id = f.id AND u.kind = 'code'),
           clock_timestamp()
    FROM pro.present_factors AS f
    LEFT JOIN pro.data_keys AS k ON k.study_id = f.study_id AND f.secret_key = 'A256GCM:' || k.id
    WHERE f.person_id = person
    ORDER BY f.id DESC LIMIT 1
$$;

-- The key a person's secret is sealed under: of the first study they are in that has one.
CREATE FUNCTION pro.find_person_key(person uuid)
    RETURNS TABLE (study_id uuid, id uuid, wrapped bytea, wrapping_key text, now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.study_id, k.id, k.wrapped, k.wrapping_key, clock_timestamp()
    FROM pro.present_staff AS m
    JOIN pro.data_keys AS k ON k.study_id = m.study_id AND k.participant_id IS NULL
    WHERE m.person_id = person ORDER BY m.study_id LIMIT 1
$$;

-- A second factor of whoever is in by this session; the one before it ends.
CREATE FUNCTION pro.set_factor(
    session_sha256 bytea, row_id uuid, study uuid, sealed bytea, sealed_key text, recovery bytea[], step bigint
) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.person_factor_ends (id, factor_id, why, actor)
    SELECT gen_random_uuid(), f.id, 'renewed', o.who
    FROM pro.session_owner(session_sha256) AS o JOIN pro.present_factors AS f ON f.person_id = o.person_id;
    INSERT INTO pro.person_factors (id, person_id, study_id, secret_sealed, secret_key, recovery_sha256, actor)
    SELECT row_id, o.person_id, study, sealed, sealed_key, recovery, o.who
    FROM pro.session_owner(session_sha256) AS o;
    INSERT INTO pro.person_factor_uses (id, factor_id, kind, which, actor)
    SELECT gen_random_uuid(), row_id, 'code', step, o.who FROM pro.session_owner(session_sha256) AS o;
$$;

-- Use a code of the factor up; false where it was used before, or a later one was.
CREATE FUNCTION pro.use_code(session_sha256 bytea, factor uuid, used_kind text, used bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM pro.person_factors AS f WHERE f.id = factor FOR UPDATE;
    INSERT INTO pro.person_factor_uses (id, factor_id, kind, which, actor)
    SELECT gen_random_uuid(), f.id, used_kind, used, o.who
    FROM pro.session_owner(session_sha256) AS o
    JOIN pro.present_factors AS f ON f.person_id = o.person_id AND f.id = factor
    WHERE NOT EXISTS (SELECT FROM pro.person_factor_uses AS u
                      WHERE u.factor_id = f.id AND u.kind = used_kind
                        AND (u.which = used OR (used_kind = 'code' AND u.which > used)));
    RETURN FOUND;
END
$$;

-- Go on under a new id once the second factor was given: whoever planted the old id has nothing of it.
CREATE FUNCTION pro.pass_factor(session_sha256 bytea, fresh_sha256 bytea, address_text text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.staff_sessions
        (id_sha256, person_id, study_id, staff_id, started_at, address, device, proved_at, factor_at)
    SELECT fresh_sha256, n.person_id, n.study_id, n.staff_id, n.started_at, n.address, n.device, n.proved_at,
           clock_timestamp()
    FROM pro.session_owner(session_sha256) AS o
    JOIN pro.staff_sessions AS n ON n.id_sha256 = session_sha256;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'proved'
    WHERE n.id_sha256 = session_sha256;
    INSERT INTO pro.staff_events (kind, person_id, study_id, staff_id, address, actor)
    SELECT 'proved', o.person_id, o.study_id, o.staff_id, address_text, o.who
    FROM pro.session_owner(fresh_sha256) AS o;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION pro.find_account_link(bytea), pro.use_account_link(bytea, uuid, uuid, text, text),
    pro.find_factor(uuid), pro.find_person_key(uuid),
    pro.set_factor(bytea, uuid, uuid, bytea, text, bytea[], bigint), pro.use_code(bytea, uuid, text, bigint),
    pro.pass_factor(bytea, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.find_account_link(bytea), pro.use_account_link(bytea, uuid, uuid, text, text),
    pro.find_factor(uuid), pro.find_person_key(uuid),
    pro.set_factor(bytea, uuid, uuid, bytea, text, bytea[], bigint), pro.use_code(bytea, uuid, text, bigint),
    pro.pass_factor(bytea, bytea, text) TO pro_desk;
