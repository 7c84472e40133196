-- A passkey (WebAuthn) is the second step of signing in beside the telephone's codes, for who has these: what is lost with
-- a telephone is reset as before. Keys are public, and belong to the person. Insert-only.
CREATE TABLE pro.person_passkeys (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES pro.people (id),
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    name text NOT NULL CHECK (name <> '' AND length(name) <= 60),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
CREATE INDEX passkeys_of_person ON pro.person_passkeys (person_id, id);
CREATE TABLE pro.person_passkey_ends (
    id uuid PRIMARY KEY,
    passkey_id uuid NOT NULL UNIQUE REFERENCES pro.person_passkeys (id),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
-- A challenge counts once, whether a key was made with it or a session went on.
CREATE TABLE pro.person_passkey_uses (
    id uuid PRIMARY KEY,
    passkey_id uuid NOT NULL REFERENCES pro.person_passkeys (id),
    challenge_sha256 bytea NOT NULL UNIQUE,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
CREATE INDEX uses_of_passkey ON pro.person_passkey_uses (passkey_id);
SELECT pro.audit_table('person_passkeys', updatable => false, columns => ARRAY['id', 'person_id', 'credential_id',
    'public_key', 'sign_count', 'name', 'recorded_at', 'actor']);
SELECT pro.audit_table('person_passkey_ends', updatable => false, columns => ARRAY['id', 'passkey_id', 'recorded_at',
    'actor']);
SELECT pro.audit_table('person_passkey_uses', updatable => false, columns => ARRAY['id', 'passkey_id',
    'challenge_sha256', 'sign_count', 'recorded_at', 'actor']);

-- Those in force: a second factor that was reset takes the passkeys there were along.
CREATE VIEW pro.present_passkeys WITH (security_invoker = true) AS
SELECT k.id, k.person_id, k.credential_id, k.public_key, k.sign_count, k.name, k.recorded_at
FROM pro.person_passkeys AS k
WHERE NOT EXISTS (SELECT FROM pro.person_passkey_ends AS e WHERE e.passkey_id = k.id)
  AND NOT EXISTS (SELECT FROM pro.person_factors AS f JOIN pro.person_factor_ends AS e ON e.factor_id = f.id
                  WHERE f.person_id = k.person_id AND e.why = 'reset' AND e.recorded_at > k.recorded_at);

CREATE FUNCTION pro.list_passkeys(person uuid)
    RETURNS TABLE (id uuid, credential_id bytea, public_key bytea, name text, recorded_at timestamptz,
                   sign_count bigint, used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.credential_id, k.public_key, k.name, k.recorded_at, greatest(k.sign_count, u.highest), u.last_at
    FROM pro.present_passkeys AS k
    CROSS JOIN LATERAL (SELECT max(u.sign_count) AS highest, max(u.recorded_at) AS last_at
                        FROM pro.person_passkey_uses AS u WHERE u.passkey_id = k.id) AS u
    WHERE k.person_id = person AND EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = person)
    ORDER BY k.id
$$;

-- A passkey of whoever is in by a session and has a second factor; false: they have none, or the challenge was used.
CREATE FUNCTION pro.add_passkey(session_sha256 bytea, row_id uuid, credential bytea, key bytea, count bigint, said text,
    challenge bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.person_passkeys (id, person_id, credential_id, public_key, sign_count, name, actor)
    SELECT row_id, o.person_id, credential, key, count, said, o.who
    FROM pro.session_owner(session_sha256) AS o
    WHERE EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = o.person_id)
      AND NOT EXISTS (SELECT FROM pro.person_passkey_uses AS u WHERE u.challenge_sha256 = challenge)
    ON CONFLICT (credential_id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO pro.person_passkey_uses (id, passkey_id, challenge_sha256, sign_count, actor)
    SELECT gen_random_uuid(), row_id, challenge, count, o.who FROM pro.session_owner(session_sha256) AS o;
    RETURN true;
END
$$;

-- Use a challenge up; false where it was used, or the key has counted no further: then there are two of it.
CREATE FUNCTION pro.use_passkey(session_sha256 bytea, passkey uuid, challenge bytea, count bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM pro.person_passkeys AS k WHERE k.id = passkey FOR UPDATE;
    INSERT INTO pro.person_passkey_uses (id, passkey_id, challenge_sha256, sign_count, actor)
    SELECT gen_random_uuid(), k.id, challenge, count, o.who
    FROM pro.session_owner(session_sha256) AS o
    JOIN pro.present_passkeys AS k ON k.person_id = o.person_id AND k.id = passkey
    WHERE EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = o.person_id)
      AND (count = 0 AND k.sign_count = 0 OR count > greatest(k.sign_count, (
          SELECT max(u.sign_count) FROM pro.person_passkey_uses AS u WHERE u.passkey_id = k.id)))
    ON CONFLICT (challenge_sha256) DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION pro.end_passkey(session_sha256 bytea, passkey uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.person_passkey_ends (id, passkey_id, actor)
    SELECT gen_random_uuid(), k.id, o.who
    FROM pro.session_owner(session_sha256) AS o
    JOIN pro.present_passkeys AS k ON k.person_id = o.person_id AND k.id = passkey
    ON CONFLICT (passkey_id) DO NOTHING;
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION pro.list_passkeys(uuid), pro.add_passkey(bytea, uuid, bytea, bytea, bigint, text, bytea),
    pro.use_passkey(bytea, uuid, bytea, bigint), pro.end_passkey(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.list_passkeys(uuid), pro.add_passkey(bytea, uuid, bytea, bytea, bigint, text, bytea),
    pro.use_passkey(bytea, uuid, bytea, bigint), pro.end_passkey(bytea, uuid) TO pro_desk;
