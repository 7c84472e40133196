-- Erased (rule R17): the key of a participant is destroyed, so that whatever was sealed under it is read by nobody any
-- more: numbers, year of birth, texts, what staff wrote. One person asks and another does it within seven days (R15).
-- What stays is said by the certificate, which is kept word for word. The words behind alerts and adverse events, and
-- why it was erased, are sealed anew under the study's key before.
CREATE TABLE pro.erasures (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('asked', 'erased', 'again')),
    ground text NOT NULL CHECK (ground IN ('retention', 'decision')),
    printed_name text NOT NULL CHECK (printed_name <> ''),
    certificate text,
    certificate_sha256 text CHECK (certificate_sha256 ~ '^[0-9a-f]{64}$'),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (pro.note_of(reason) IS NOT NULL),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    CHECK ((step = 'asked') = (certificate IS NULL) AND (step = 'asked') = (certificate_sha256 IS NULL))
);
COMMENT ON COLUMN pro.erasures.step IS 'Asked for; done by another person; done again after a restore, from the journal.';
CREATE UNIQUE INDEX erased_once ON pro.erasures (study_id, participant_id) WHERE step <> 'asked';
CREATE INDEX erasures_of_participant ON pro.erasures (study_id, participant_id, id);

-- Words that outlive the key they were written under, for the same row of the same table, under the study's.
CREATE TABLE pro.kept_words (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    source text NOT NULL CHECK (source IN ('note', 'inbound')),
    words_sealed bytea NOT NULL,
    words_key text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON COLUMN pro.kept_words.id IS 'That of the note or the inbound text.';
CREATE INDEX kept_words_of_participant ON pro.kept_words (study_id, participant_id);

SELECT pro.audit_table('erasures', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id', 'step',
    'ground', 'printed_name', 'certificate', 'certificate_sha256', 'recorded_at', 'actor', 'reason']);
SELECT pro.audit_table('kept_words', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id', 'source',
    'words_sealed', 'words_key', 'recorded_at', 'actor'], hashed => ARRAY['words_sealed']);

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['erasures', 'kept_words'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('CREATE POLICY desk ON pro.%I FOR SELECT TO pro_desk '
            'USING (pro.desk_may_see(study_id, participant_id, recorded_at))', guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_operator, pro_clerk, pro_desk', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_operator, pro_clerk', guarded);
    END LOOP;
END
$$;
-- What is done again comes from the journal alone.
CREATE POLICY never_again ON pro.erasures AS RESTRICTIVE FOR INSERT TO pro_clerk WITH CHECK (step <> 'again');
-- What is sealed under a participant's key and outlives it: the words behind alerts and adverse events, of calls, of what
-- happened and where somebody stands, and why they were unblinded, restricted and erased.
CREATE FUNCTION pro.words_to_keep(study uuid, participant uuid)
    RETURNS TABLE (id uuid, source text, words_sealed bytea, words_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH told AS (
        SELECT x.action AS said FROM pro.alerts AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.told FROM pro.alert_assessments AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.outcome FROM pro.call_tasks AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.reason FROM pro.events AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.reason FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.reason FROM pro.safety_ends AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.reason FROM pro.unblindings AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.reason FROM pro.restrictions AS x WHERE x.study_id = study AND x.participant_id = participant
        UNION SELECT x.reason FROM pro.erasures AS x WHERE x.study_id = study AND x.participant_id = participant
    ),
    own AS (SELECT 'A256GCM:' || k.id AS key FROM pro.data_keys AS k
            WHERE k.study_id = study AND k.participant_id = participant)
    SELECT n.id, 'note', n.words_sealed, n.words_key FROM pro.notes AS n
    JOIN own AS o ON o.key = n.words_key
    WHERE n.study_id = study AND n.participant_id = participant AND n.id IN (SELECT pro.note_of(t.said) FROM told AS t)
    UNION ALL
    SELECT i.id, 'inbound', i.body_sealed, i.body_key FROM pro.inbounds AS i
    JOIN own AS o ON o.key = i.body_key
    WHERE i.study_id = study AND i.participant_id = participant
      AND (i.urgent OR EXISTS (SELECT FROM pro.alerts AS x WHERE x.study_id = study AND x.inbound_id = i.id))
    ORDER BY 1
$$;

-- How much there is of each kind that goes with a participant's key, and that stays without it. Texts under the study's
-- key came from a number that others use or nobody was known by: they stay, too.
CREATE FUNCTION pro.erasure_counts(study uuid, participant uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'numbers', (SELECT count(*) FROM pro.contact_points AS c
                    WHERE c.study_id = study AND c.participant_id = participant),
        'identities', (SELECT count(*) FROM pro.identities AS c
                       WHERE c.study_id = study AND c.participant_id = participant),
        'texts', (SELECT count(*) FROM pro.messages AS c
                  WHERE c.study_id = study AND c.participant_id = participant)
               + (SELECT count(*) FROM pro.inbounds AS c
                  WHERE c.study_id = study AND c.participant_id = participant),
        'typed', (SELECT count(*) FROM pro.responses AS c
                  WHERE c.study_id = study AND c.participant_id = participant AND c.raw_sealed IS NOT NULL),
        'notes', (SELECT count(*) FROM pro.notes AS c WHERE c.study_id = study AND c.participant_id = participant),
        'kept', (SELECT count(*) FROM pro.words_to_keep(study, participant)),
        'elsewhere', (SELECT count(*) FROM pro.inbounds AS c JOIN pro.data_keys AS k
                      ON k.study_id = study AND k.participant_id IS NULL AND c.body_key = 'A256GCM:' || k.id
                      WHERE c.study_id = study AND c.participant_id = participant),
        'answers', (SELECT count(*) FROM pro.responses AS c
                    WHERE c.study_id = study AND c.participant_id = participant),
        'scores', (SELECT count(*) FROM pro.scores AS c
                   WHERE c.study_id = study AND c.participant_id = participant),
        'visits', (SELECT count(*) FROM pro.visits AS c
                   WHERE c.study_id = study AND c.participant_id = participant),
        'alerts', (SELECT count(*) FROM pro.alerts AS c
                   WHERE c.study_id = study AND c.participant_id = participant),
        'open_alerts', (SELECT count(*) FROM pro.alerts AS c
                        WHERE c.study_id = study AND c.participant_id = participant AND c.acted_at IS NULL
                          AND c.severity = 'urgent'))
$$;
REVOKE ALL ON FUNCTION pro.words_to_keep(uuid, uuid), pro.erasure_counts(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.words_to_keep(uuid, uuid), pro.erasure_counts(uuid, uuid) TO pro_operator, pro_clerk;

-- What numbers are found by goes, too, and leaves no trace in the audit but a hash of a keyed hash.
SELECT pro.list_audited('contact_points', l.columns, ARRAY['address_sealed', 'blind_index', 'tail_index'])
FROM pro.audit_lists AS l WHERE l.table_name = 'contact_points' ORDER BY l.version DESC LIMIT 1;
SELECT pro.list_audited('lines', l.columns, ARRAY['their_index', 'their_address_sealed'])
FROM pro.audit_lists AS l WHERE l.table_name = 'lines' ORDER BY l.version DESC LIMIT 1;

-- Destroy a participant's key, and what their numbers are found by, once two persons have said so in this transaction or
-- the journal has. A line of a number that others use as well stays theirs. Returns the id of the key; none: it was gone.
CREATE FUNCTION pro.destroy_key(study uuid, participant uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done pro.erasures;
    destroyed uuid;
BEGIN
    SELECT e.* INTO done FROM pro.erasures AS e
        WHERE e.study_id = study AND e.participant_id = participant AND e.step <> 'asked';
    IF done.id IS NULL OR done.step = 'erased' AND NOT EXISTS (
        SELECT FROM pro.erasures AS a
        WHERE a.study_id = study AND a.participant_id = participant AND a.step = 'asked' AND a.actor <> done.actor
          AND a.ground = done.ground AND done.recorded_at - a.recorded_at <= interval '7 days') THEN
        RAISE EXCEPTION 'a key is destroyed by two persons, of whom one asked within seven days'
            USING ERRCODE = 'PR002';
    END IF;
    UPDATE pro.lines AS l
    SET their_index = sha256(uuid_send(gen_random_uuid())), their_address_sealed = '\x'::bytea,
        their_address_key = 'A256GCM:' || k.id
    FROM pro.data_keys AS k
    WHERE l.study_id = study AND k.study_id = study AND k.participant_id = participant
      AND l.their_index IN (SELECT c.blind_index FROM pro.contact_points AS c
                            WHERE c.study_id = study AND c.participant_id = participant)
      AND NOT EXISTS (SELECT FROM pro.contact_points AS o
                      WHERE o.study_id = study AND o.blind_index = l.their_index AND o.participant_id <> participant);
    UPDATE pro.contact_points AS c
    SET blind_index = sha256(uuid_send(gen_random_uuid())), tail_index = NULL, index_key = 'erased',
        valid_to = coalesce(c.valid_to, greatest(pro.now(), c.valid_from + interval '1 microsecond'))
    WHERE c.study_id = study AND c.participant_id = participant;
    DELETE FROM pro.data_keys AS k WHERE k.study_id = study AND k.participant_id = participant
    RETURNING k.id INTO destroyed;
    RETURN destroyed;
END
$$;
REVOKE ALL ON FUNCTION pro.destroy_key(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.destroy_key(uuid, uuid) TO pro_operator, pro_clerk;

-- How many others hold one of some roles now at a site, or at each site of the study where none is named (R15: one asks,
-- another does it).
CREATE FUNCTION pro.others_who(study uuid, site uuid, roles text[], but text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FROM pro.present_staff AS s
    JOIN pro.people AS p ON p.id = s.person_id AND p.disabled_at IS NULL
    WHERE s.study_id = study AND 'staff:' || s.login <> but
      AND NOT EXISTS (
          SELECT FROM pro.sites AS y
          WHERE y.study_id = study AND (y.id = site OR site IS NULL) AND NOT EXISTS (
              SELECT FROM pro.present_roles AS r
              WHERE r.study_id = study AND r.staff_id = s.staff_id AND coalesce(r.site_id, y.id) = y.id AND r.role = ANY (roles)))
$$;
REVOKE ALL ON FUNCTION pro.others_who(uuid, uuid, text[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.others_who(uuid, uuid, text[], text) TO pro_operator, pro_clerk, pro_desk;

-- A note as it can be read: under the participant's key, or, once that is gone, what was kept of it under the study's.
CREATE VIEW pro.readable_notes WITH (security_invoker = true) AS
SELECT n.study_id, n.id, n.participant_id, coalesce(w.words_sealed, n.words_sealed) AS words_sealed,
       coalesce(w.words_key, n.words_key) AS words_key, k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.notes AS n
LEFT JOIN pro.kept_words AS w ON w.study_id = n.study_id AND w.id = n.id
LEFT JOIN pro.data_keys AS k ON k.study_id = n.study_id
    AND CASE WHEN w.id IS NULL THEN k.participant_id = n.participant_id ELSE k.participant_id IS NULL END;
GRANT SELECT ON pro.readable_notes TO pro_operator, pro_desk;

-- Backups that were made, and when each is to be thrown away: what is erased here is still in them until then.
CREATE TABLE pro.backups (
    id uuid PRIMARY KEY,
    file_name text NOT NULL CHECK (file_name <> ''),
    made_at timestamptz NOT NULL,
    kept_until date,
    actor text NOT NULL
);
COMMENT ON COLUMN pro.backups.made_at IS 'Machine time: the instant it is of.';
COMMENT ON COLUMN pro.backups.kept_until IS 'Empty: nobody said when it is thrown away.';
SELECT pro.audit_table('backups', updatable => false, columns => ARRAY['id', 'file_name', 'made_at', 'kept_until', 'actor']);
GRANT SELECT ON pro.backups TO pro_operator, pro_clerk;
GRANT INSERT ON pro.backups TO pro_operator;
