-- Restricted (rule R17): of a participant nothing is done any more but to store, to secure and to see to safety. Their
-- numbers leave every room; an investigator alone opens them, with a reason, which is kept. Insert-only: the latest row
-- holds. What it stops is a status, recorded with it.
CREATE TABLE pro.restrictions (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    restricted boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (pro.note_of(reason) IS NOT NULL),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON COLUMN pro.restrictions.restricted IS 'False: the restriction is lifted.';
CREATE INDEX restrictions_of_participant ON pro.restrictions (study_id, participant_id, id);

ALTER TABLE pro.restrictions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.restrictions FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.restrictions TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.restrictions FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
-- What the clerk decides from is whole.
CREATE POLICY clerk_reads ON pro.restrictions FOR SELECT TO pro_clerk USING (true);
CREATE POLICY clerk_writes ON pro.restrictions FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.restrictions TO pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.restrictions TO pro_operator, pro_clerk;

SELECT pro.audit_table('restrictions', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'restricted', 'recorded_at', 'actor', 'reason']);

CREATE FUNCTION pro.is_restricted(study uuid, participant uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT r.restricted FROM pro.restrictions AS r
                     WHERE r.study_id = study AND r.participant_id = participant
                     ORDER BY r.id DESC LIMIT 1), false)
$$;

ALTER TABLE pro.number_showings ADD COLUMN reason text CHECK (pro.note_of(reason) IS NOT NULL);
COMMENT ON COLUMN pro.number_showings.reason IS 'Why the numbers of somebody restricted were opened. Empty: they were not.';
SELECT pro.list_audited('number_showings', ARRAY['study_id', 'id', 'participant_id', 'call_id', 'contacts', 'recorded_at',
    'actor', 'reason']);

-- As before, and nobody who is restricted is found by a number.
CREATE OR REPLACE FUNCTION pro.desk_numbered(study uuid, indexes bytea[], tails bytea[]) RETURNS TABLE (code text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT p.code
    FROM (SELECT c.participant_id, c.recorded_at FROM pro.contact_points AS c
          WHERE c.study_id = study AND c.blind_index = ANY (indexes) AND c.valid_to IS NULL AND c.kind = 'phone'
          UNION ALL
          SELECT c.participant_id, c.recorded_at FROM pro.contact_points AS c
          WHERE c.study_id = study AND c.tail_index = ANY (tails) AND c.valid_to IS NULL) AS n
    JOIN pro.participants AS p ON p.study_id = study AND p.id = n.participant_id
    WHERE pro.desk_may_see(study, n.participant_id, n.recorded_at) AND NOT pro.is_restricted(study, n.participant_id)
$$;
