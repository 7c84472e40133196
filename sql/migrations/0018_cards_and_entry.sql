-- Cards with a participant's address and code, the sessions they open, and how often one may try.

-- How the pages were opened: by a link or by a card, and whether the second factor was asked for.
ALTER TABLE pro.attempts DROP CONSTRAINT attempts_authentication_check,
    ADD CONSTRAINT attempts_authentication_check CHECK (authentication IN
        ('link', 'link_and_factor', 'card', 'card_and_factor', 'known_number', 'staff'));

-- A printed card. The token of its picture is derived and never stored, only its hash; the code typed
-- from it is the participant's. Not unique while present: one statement ends the old card and inserts
-- the new one. The participant's revision keeps two writers apart.
CREATE TABLE pro.cards (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    link_key text NOT NULL,
    ended_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX present_cards ON pro.cards (study_id, participant_id) WHERE ended_at IS NULL;
-- One fixed address serves all studies: a code is looked up in all of them.
CREATE INDEX participants_by_personal_code ON pro.participants (personal_code);

CREATE TRIGGER audit_insert AFTER INSERT ON pro.cards REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert();
CREATE TRIGGER audit_update AFTER UPDATE ON pro.cards
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_update();
ALTER TABLE pro.cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.cards FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.cards TO pro_owner, pro_participant, pro_provider, pro_worker, pro_operator
    USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.cards TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));

-- The random id lives in the browser's cookie only; here is its SHA-256. A session ends with the link
-- or the card it was opened with. Machine time.
CREATE TABLE pro.participant_sessions (
    id_sha256 bytea PRIMARY KEY CHECK (length(id_sha256) = 32),
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    invitation_id uuid,
    card_id uuid,
    authentication text NOT NULL CHECK (authentication IN
        ('link', 'link_and_factor', 'card', 'card_and_factor')),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, invitation_id) REFERENCES pro.invitations (study_id, id),
    FOREIGN KEY (study_id, card_id) REFERENCES pro.cards (study_id, id),
    CHECK (num_nonnulls(invitation_id, card_id) = 1)
);
CREATE INDEX sessions_by_age ON pro.participant_sessions (started_at);

-- Tries at what opens the pages: a code, by the hash of the address it came from; a second factor, by
-- the hash of the participant it is about. A try that was right is forgotten.
CREATE TABLE pro.entry_tries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    purpose text NOT NULL CHECK (purpose IN ('code', 'factor')),
    source_sha256 bytea NOT NULL
);
CREATE INDEX entry_tries_by_source ON pro.entry_tries (purpose, source_sha256, tried_at);
CREATE INDEX entry_tries_by_time ON pro.entry_tries (purpose, tried_at);

-- Whether one more try is allowed, and its number if so. What was refused is not counted: otherwise
-- whoever waits badly would wait for ever.
CREATE FUNCTION pro.begin_entry_try(
    what text, source bytea, per_source integer, overall integer, within interval
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    since timestamptz := clock_timestamp() - within;
    made bigint;
BEGIN
    -- One lock a purpose: the count of all must be as exact as that of one source.
    PERFORM pg_advisory_xact_lock(7003, hashtext(what));
    IF (SELECT count(*) FROM pro.entry_tries AS t
        WHERE t.purpose = what AND t.source_sha256 = source AND t.tried_at > since) >= per_source
       OR (SELECT count(*) FROM pro.entry_tries AS t
           WHERE t.purpose = what AND t.tried_at > since) >= overall
    THEN
        RETURN NULL;
    END IF;
    DELETE FROM pro.entry_tries AS t WHERE t.purpose = what AND t.tried_at <= since - interval '1 day';
    INSERT INTO pro.entry_tries (purpose, source_sha256) VALUES (what, source) RETURNING id INTO made;
    RETURN made;
END
$$;

CREATE FUNCTION pro.forget_entry_try(try bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DELETE FROM pro.entry_tries AS t WHERE t.id = try $$;

REVOKE ALL ON FUNCTION pro.begin_entry_try(text, bytea, integer, integer, interval),
    pro.forget_entry_try(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.begin_entry_try(text, bytea, integer, integer, interval),
    pro.forget_entry_try(bigint) TO pro_participant;

GRANT SELECT ON pro.cards TO pro_participant, pro_operator, pro_desk;
GRANT INSERT, UPDATE (ended_at) ON pro.cards TO pro_operator, pro_desk;
GRANT SELECT, INSERT, DELETE, UPDATE (authentication, ended_at) ON pro.participant_sessions
    TO pro_participant;
-- A new card has a new code, and takes a turn: no text names a code that has just ended.
GRANT UPDATE (personal_code) ON pro.participants TO pro_operator, pro_desk;
GRANT SELECT, UPDATE (revision) ON pro.participant_revisions TO pro_desk;
