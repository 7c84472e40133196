-- What staff write about a participant is sealed under the participant's key and kept here alone. Every
-- other column that held their words holds a word of the program or `note:<id>`, and so does the reason
-- of an audit entry: whoever holds the database without the keys reads no word of theirs, and with a
-- participant's key gone, nobody ever does.

CREATE TABLE pro.notes (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    words_sealed bytea NOT NULL,
    words_key text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX notes_of_participant ON pro.notes (study_id, participant_id);

-- Which note a text names at its end, if it names one: 'note:<id>', or 'reached: note:<id>' of a call.
CREATE FUNCTION pro.note_of(said text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT substring(said FROM 'note:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid
$$;

-- Seen by the same rule as any other row of the participant's; written by whoever may write about them.
ALTER TABLE pro.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.notes TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.notes FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_write ON pro.notes FOR INSERT TO pro_desk, pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT, INSERT ON pro.notes TO pro_operator, pro_desk;
GRANT INSERT ON pro.notes TO pro_clerk;

-- AES-GCM takes a fresh random nonce each time, so the SHA-256 of the sealed bytes tells nothing of the
-- words, not even that two are alike: without the participant's key it can be compared with no guess. That
-- makes it a keyed hash whose key goes with the participant's.
SELECT pro.audit_table('notes', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'words_sealed', 'words_key', 'recorded_at', 'actor'], hashed => ARRAY['words_sealed']);
