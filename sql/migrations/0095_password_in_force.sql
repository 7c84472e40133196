-- A session stands on the password it was opened with. Verifying takes a while outside the database: whoever
-- changes the password meanwhile would end every session but the one about to begin. So the hash that was
-- verified is looked at again when it begins, and both hold the person's row. (`begin_person_session` stays for
-- servers of the release before this one.)

CREATE FUNCTION pro.begin_session_with(
    session_sha256 bytea, person uuid, staff uuid, address_text text, replaced_sha256 bytea, verified text
) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM pro.people AS p WHERE p.id = person FOR SHARE;
    IF verified IS DISTINCT FROM (SELECT x.password_hash FROM pro.person_passwords AS x
                                  WHERE x.person_id = person ORDER BY x.recorded_at DESC, x.id DESC LIMIT 1) THEN
        RETURN 'password_changed';
    END IF;
    RETURN CASE WHEN pro.begin_person_session(session_sha256, person, staff, address_text, replaced_sha256)
        THEN 'begun' ELSE 'stopped' END;
END
$$;

CREATE OR REPLACE FUNCTION pro.set_person_password(person uuid, row_id uuid, hash text, who text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT FROM pro.people AS p WHERE p.id = person FOR NO KEY UPDATE;
    INSERT INTO pro.person_passwords (id, person_id, password_hash, actor) VALUES (row_id, person, hash, who);
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'password_changed'
    WHERE n.person_id = person AND n.ended_at IS NULL;
    INSERT INTO pro.staff_events (kind, person_id, actor) VALUES ('password_set', person, who)
$$;

REVOKE ALL ON FUNCTION pro.begin_session_with(bytea, uuid, uuid, text, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.begin_session_with(bytea, uuid, uuid, text, bytea, text) TO pro_desk;
