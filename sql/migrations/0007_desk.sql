-- The desk: how staff sign in, what they did there, and what each role may read.
-- Everything about signing in is machine time (clock_timestamp()); only assignments are study time.

-- Insert-only: the latest row is the password in force.
CREATE TABLE pro.staff_passwords (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id)
);
CREATE INDEX passwords_of_staff ON pro.staff_passwords (study_id, staff_id, id);

-- The random id lives in the browser's cookie only; here is its SHA-256.
CREATE TABLE pro.staff_sessions (
    id_sha256 bytea PRIMARY KEY CHECK (length(id_sha256) = 32),
    study_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('signed_out', 'replaced', 'password_changed', 'revoked')),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX open_sessions_of_staff ON pro.staff_sessions (study_id, staff_id) WHERE ended_at IS NULL;

-- Tries of the last quarter of an hour, by hash of the name typed and of the address it came from.
CREATE TABLE pro.sign_in_tries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login_sha256 bytea NOT NULL,
    address_sha256 bytea NOT NULL
);
CREATE INDEX tries_by_login ON pro.sign_in_tries (login_sha256, tried_at);
CREATE INDEX tries_by_address ON pro.sign_in_tries (address_sha256, tried_at);

-- Insert-only. What happened at the door; a name nobody has stands here as its hash only, because
-- people type passwords into the wrong field.
CREATE TABLE pro.staff_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind IN
        ('signed_in', 'refused', 'throttled', 'signed_out', 'replaced', 'password_set', 'revoked')),
    study_id uuid,
    staff_id uuid,
    login_sha256 bytea,
    address text,
    actor text NOT NULL
);
CREATE INDEX staff_events_of_staff ON pro.staff_events (study_id, staff_id, id);

CREATE TRIGGER audit_insert AFTER INSERT ON pro.staff_passwords REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.staff_passwords
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.staff_events
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();

-- Whether one more try is allowed, and its number if so. What was refused is not counted: otherwise
-- anybody could lock a member of staff out for as long as they liked.
CREATE FUNCTION pro.begin_sign_in(
    login bytea, address bytea, address_text text, per_login integer, per_address integer,
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
        INSERT INTO pro.staff_events (kind, login_sha256, address, actor)
        SELECT 'throttled', login, address_text, 'service:desk'
        WHERE NOT EXISTS (SELECT FROM pro.staff_events AS e
                          WHERE e.kind = 'throttled' AND e.address = address_text
                            AND e.happened_at > clock_timestamp() - interval '1 minute');
        RETURN NULL;
    END IF;
    DELETE FROM pro.sign_in_tries AS t WHERE t.tried_at <= since - interval '1 day';
    INSERT INTO pro.sign_in_tries (login_sha256, address_sha256) VALUES (login, address)
    RETURNING id INTO made;
    RETURN made;
END
$$;
CREATE INDEX throttled_by_address ON pro.staff_events (address, happened_at) WHERE kind = 'throttled';

-- The one member of staff a typed name means, with the password in force; a name that several
-- studies use needs the study's code before it.
CREATE FUNCTION pro.find_sign_in(wanted_login text, study_code text)
    RETURNS TABLE (study_id uuid, staff_id uuid, login text, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH known AS (
        SELECT s.study_id, s.id AS staff_id, s.login,
               (SELECT p.password_hash FROM pro.staff_passwords AS p
                WHERE p.study_id = s.study_id AND p.staff_id = s.id
                ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1) AS password_hash
        FROM pro.staff AS s
        JOIN pro.studies AS y ON y.id = s.study_id
        WHERE s.login = wanted_login AND (study_code IS NULL OR lower(y.code) = study_code)
    )
    SELECT k.* FROM known AS k
    WHERE k.password_hash IS NOT NULL AND (SELECT count(*) FROM known) = 1
$$;

CREATE FUNCTION pro.refuse_sign_in(study uuid, staff uuid, login bytea, address_text text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.staff_events (kind, study_id, staff_id, login_sha256, address, actor)
    VALUES ('refused', study, staff, login, address_text, 'service:desk')
$$;

-- A fresh session in place of the one the browser had; the tries that led to it are forgotten.
CREATE FUNCTION pro.begin_staff_session(
    session_sha256 bytea, study uuid, staff uuid, login bytea, address_text text,
    replaced_sha256 bytea
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := 'staff:' || (SELECT s.login FROM pro.staff AS s WHERE s.study_id = study AND s.id = staff);
BEGIN
    UPDATE pro.staff_sessions SET ended_at = clock_timestamp(), end_reason = 'replaced'
    WHERE id_sha256 = replaced_sha256 AND ended_at IS NULL;
    INSERT INTO pro.staff_sessions (id_sha256, study_id, staff_id) VALUES (session_sha256, study, staff);
    DELETE FROM pro.sign_in_tries AS t WHERE t.login_sha256 = login;
    INSERT INTO pro.staff_events (kind, study_id, staff_id, address, actor)
    VALUES ('signed_in', study, staff, address_text, who);
END
$$;

-- Who this session is, with the present assignments, while neither limit has passed.
CREATE FUNCTION pro.use_staff_session(session_sha256 bytea, idle interval, lifetime interval)
    RETURNS TABLE (study_id uuid, staff_id uuid, login text, language text, assignments jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE pro.staff_sessions AS n SET last_seen_at = clock_timestamp()
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime
      -- Once a minute is exact enough, and spares a write for every page.
      AND n.last_seen_at < clock_timestamp() - least(interval '1 minute', idle / 4);
    RETURN QUERY
    SELECT s.study_id, s.id, s.login, s.language,
           coalesce((SELECT jsonb_agg(jsonb_build_object('site_id', a.site_id, 'role', a.role)
                                      ORDER BY a.id)
                     FROM pro.staff_assignments AS a
                     WHERE a.study_id = s.study_id AND a.staff_id = s.id
                       AND a.valid_from <= pro.now()
                       AND (a.valid_to IS NULL OR a.valid_to > pro.now())), '[]')
    FROM pro.staff_sessions AS n
    JOIN pro.staff AS s ON s.study_id = n.study_id AND s.id = n.staff_id
    WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
      AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime;
END
$$;

CREATE FUNCTION pro.end_staff_session(session_sha256 bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'signed_out'
        WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
        RETURNING n.study_id, n.staff_id
    )
    INSERT INTO pro.staff_events (kind, study_id, staff_id, actor)
    SELECT 'signed_out', e.study_id, e.staff_id, 'staff:' || s.login
    FROM ended AS e JOIN pro.staff AS s ON s.study_id = e.study_id AND s.id = e.staff_id
$$;

-- A new password ends every session that stood on the old one.
CREATE FUNCTION pro.set_staff_password(study uuid, staff uuid, row_id uuid, hash text, who text)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.staff_passwords (study_id, id, staff_id, password_hash, actor)
    VALUES (study, row_id, staff, hash, who);
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'password_changed'
    WHERE n.study_id = study AND n.staff_id = staff AND n.ended_at IS NULL;
    INSERT INTO pro.staff_events (kind, study_id, staff_id, actor)
    VALUES ('password_set', study, staff, who)
$$;

CREATE FUNCTION pro.revoke_staff_sessions(study uuid, staff uuid, who text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'revoked'
    WHERE n.study_id = study AND n.staff_id = staff AND n.ended_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    INSERT INTO pro.staff_events (kind, study_id, staff_id, actor) VALUES ('revoked', study, staff, who);
    RETURN ended;
END
$$;

-- Blinding: answers and scores are a permission of their own, by the participant's protocol and the
-- role at the participant's present site ('<site>:<role>,...', set for the transaction).
CREATE FUNCTION pro.desk_may_read_scores(study uuid, participant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pro.participants AS p
        JOIN pro.protocol_versions AS v ON v.study_id = p.study_id AND v.id = p.protocol_version_id
        JOIN pro.participant_sites AS ps
          ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
        JOIN unnest(string_to_array(nullif(current_setting('pro.site_roles', true), ''), ',')) AS r (pair)
          ON split_part(r.pair, ':', 1)::uuid = ps.site_id
        WHERE p.study_id = study AND p.id = participant
          AND v.document #> '{study,scores_visible_to}' ? split_part(r.pair, ':', 2))
$$;
CREATE POLICY blinding ON pro.responses AS RESTRICTIVE FOR SELECT TO pro_desk
    USING (pro.desk_may_read_scores(study_id, participant_id));
CREATE POLICY blinding ON pro.scores AS RESTRICTIVE FOR SELECT TO pro_desk
    USING (pro.desk_may_read_scores(study_id, participant_id));

-- Status without answers: whether anything was begun, anything has a value, every score exists.
CREATE FUNCTION pro.desk_progress(study uuid, wanted uuid[])
    RETURNS TABLE (assessment_id uuid, begun boolean, answered boolean, scorable boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id,
           EXISTS (SELECT FROM pro.attempts AS t WHERE t.study_id = a.study_id AND t.assessment_id = a.id),
           EXISTS (SELECT FROM pro.current_responses AS c
                   JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
                   WHERE c.study_id = a.study_id AND c.assessment_id = a.id AND r.value IS NOT NULL),
           a.submitted_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM pro.scores AS s
               WHERE s.study_id = a.study_id AND s.assessment_id = a.id AND s.basis = 'complete'
                 AND s.raw IS NULL
                 AND NOT EXISTS (SELECT FROM pro.scores AS later
                                 WHERE later.study_id = s.study_id AND later.attempt_id = s.attempt_id
                                   AND later.scale = s.scale AND later.basis = s.basis
                                   AND later.scoring_version = s.scoring_version
                                   AND later.revision > s.revision))
    FROM pro.assessments AS a
    WHERE a.study_id = study AND a.participant_id = ANY (wanted)
      AND pro.desk_may_see(a.study_id, a.participant_id, a.recorded_at)
$$;

-- Who, of those the desk may see, now uses the number of a line.
CREATE FUNCTION pro.desk_line_users(study uuid, line uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.participant_id
    FROM pro.lines AS l
    JOIN pro.contact_points AS c
      ON c.study_id = l.study_id AND c.blind_index = l.their_index AND c.valid_to IS NULL
    WHERE l.study_id = study AND l.id = line
      AND pro.desk_may_see(c.study_id, c.participant_id, pro.now())
$$;

-- An opt-out holds for a number, so it shows at everybody who uses it.
CREATE FUNCTION pro.desk_opt_outs(study uuid)
    RETURNS TABLE (id uuid, participant_id uuid, started_at timestamptz, ended_at timestamptz,
                   reason text, actor text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id, u.participant_id, o.started_at, o.ended_at, o.reason, o.actor
    FROM pro.opt_outs AS o
    CROSS JOIN LATERAL pro.desk_line_users(o.study_id, o.line_id) AS u (participant_id)
    WHERE o.study_id = study
$$;

-- A text from a shared number that names nobody belongs to all who use the number.
CREATE POLICY desk_of_line ON pro.inbounds TO pro_desk USING (
    participant_id IS NULL AND EXISTS (SELECT FROM pro.desk_line_users(study_id, line_id)));

-- Replies are opened for reading with the participant's wrapped key; without the master key of the
-- program it opens nothing.
ALTER TABLE pro.data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.data_keys TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.data_keys TO pro_desk
    USING (participant_id IS NOT NULL AND pro.desk_may_see(study_id, participant_id, recorded_at));
GRANT SELECT ON pro.data_keys TO pro_desk;
GRANT UPDATE (read_at, read_by) ON pro.inbounds TO pro_desk;

REVOKE ALL ON FUNCTION pro.begin_sign_in(bytea, bytea, text, integer, integer, interval),
    pro.find_sign_in(text, text), pro.refuse_sign_in(uuid, uuid, bytea, text),
    pro.begin_staff_session(bytea, uuid, uuid, bytea, text, bytea),
    pro.use_staff_session(bytea, interval, interval), pro.end_staff_session(bytea),
    pro.set_staff_password(uuid, uuid, uuid, text, text), pro.revoke_staff_sessions(uuid, uuid, text),
    pro.desk_progress(uuid, uuid[]), pro.desk_line_users(uuid, uuid), pro.desk_opt_outs(uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.begin_sign_in(bytea, bytea, text, integer, integer, interval),
    pro.find_sign_in(text, text), pro.refuse_sign_in(uuid, uuid, bytea, text),
    pro.begin_staff_session(bytea, uuid, uuid, bytea, text, bytea),
    pro.use_staff_session(bytea, interval, interval), pro.end_staff_session(bytea),
    pro.desk_progress(uuid, uuid[]), pro.desk_line_users(uuid, uuid), pro.desk_opt_outs(uuid)
    TO pro_desk;
GRANT EXECUTE ON FUNCTION pro.set_staff_password(uuid, uuid, uuid, text, text),
    pro.revoke_staff_sessions(uuid, uuid, text) TO pro_operator;
GRANT SELECT ON pro.staff_events TO pro_operator;
