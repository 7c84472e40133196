-- Reads of images, blinded (rule R19). What a reader is given is a list of pseudonyms in an order drawn by lot, a tenth
-- of them the same images again; whose images those are is known to the tables here, and to no role that readers use.
CREATE TABLE pro.read_exams (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    target text NOT NULL CHECK (target IN ('left_knee', 'right_knee')),
    measured_on date NOT NULL,
    scanner text CHECK (scanner <> ''),
    field_strength numeric CHECK (field_strength > 0),
    study_uid text CHECK (study_uid ~ '^[0-9.]{1,64}$'),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, participant_id, target, measured_on),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
COMMENT ON COLUMN pro.read_exams.measured_on IS 'The day of the examination, in the participant''s zone.';
CREATE TABLE pro.read_lists (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    measure text NOT NULL,
    measure_version text NOT NULL,
    definition_sha256 text NOT NULL CHECK (definition_sha256 ~ '^[0-9a-f]{64}$'),
    reader text NOT NULL CHECK (reader <> ''),
    purpose text NOT NULL CHECK (purpose IN ('read', 'adjudication')),
    readers_rule text NOT NULL CHECK (readers_rule IN ('mean', 'first', 'adjudicated')),
    differs_beyond numeric CHECK (differs_beyond >= 0),
    seed bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    CHECK (readers_rule <> 'adjudicated' OR differs_beyond IS NOT NULL)
);
COMMENT ON COLUMN pro.read_lists.reader IS 'The login of whoever reads.';
COMMENT ON COLUMN pro.read_lists.differs_beyond IS 'Reads that lie further apart are settled by another reader.';
COMMENT ON COLUMN pro.read_lists.seed IS 'What the order and the repeats were drawn with.';
CREATE TABLE pro.read_items (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    list_id uuid NOT NULL,
    sequence integer NOT NULL CHECK (sequence >= 1),
    pseudonym text NOT NULL CHECK (pseudonym <> ''),
    exam_id uuid NOT NULL,
    look smallint NOT NULL CHECK (look >= 1),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, list_id, sequence),
    UNIQUE (study_id, pseudonym),
    UNIQUE (study_id, list_id, exam_id, look),
    FOREIGN KEY (study_id, list_id) REFERENCES pro.read_lists (study_id, id),
    FOREIGN KEY (study_id, exam_id) REFERENCES pro.read_exams (study_id, id)
);
COMMENT ON COLUMN pro.read_items.look IS '1: the read; higher: a hidden repeat of it.';
CREATE INDEX read_items_of_exam ON pro.read_items (study_id, exam_id);
-- What a reader gave for an item, once for each region and layer (empty: of the whole), and the measurement it is.
CREATE TABLE pro.reads (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    region text NOT NULL,
    layer text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, item_id, region, layer),
    FOREIGN KEY (study_id, id) REFERENCES pro.measurements (study_id, id),
    FOREIGN KEY (study_id, item_id) REFERENCES pro.read_items (study_id, id)
);
COMMENT ON COLUMN pro.reads.id IS 'The measurement''s.';
-- A finding that a reader marked as a matter of safety, once for each item: the alert it raised.
CREATE TABLE pro.read_findings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, item_id),
    FOREIGN KEY (study_id, id) REFERENCES pro.alerts (study_id, id),
    FOREIGN KEY (study_id, item_id) REFERENCES pro.read_items (study_id, id)
);
COMMENT ON COLUMN pro.read_findings.id IS 'The alert''s.';
-- The reads of a study held as they stand, and let go again, by a name as it is to be printed. The last word holds.
CREATE TABLE pro.read_locks (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('locked', 'unlocked')),
    printed_name text CHECK (printed_name <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    CHECK ((step = 'unlocked') = (printed_name IS NOT NULL))
);

SELECT pro.audit_table('read_exams', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id', 'visit_id',
    'target', 'measured_on', 'scanner', 'field_strength', 'study_uid', 'recorded_at', 'actor']);
SELECT pro.audit_table('read_lists', updatable => false, columns => ARRAY['study_id', 'id', 'measure', 'measure_version',
    'definition_sha256', 'reader', 'purpose', 'readers_rule', 'differs_beyond', 'seed', 'recorded_at', 'actor']);
SELECT pro.audit_table('read_items', updatable => false, columns => ARRAY['study_id', 'id', 'list_id', 'sequence',
    'pseudonym', 'exam_id', 'look', 'recorded_at', 'actor']);
SELECT pro.audit_table('reads', updatable => false, columns => ARRAY['study_id', 'id', 'item_id', 'region', 'layer',
    'recorded_at', 'actor']);
SELECT pro.audit_table('read_findings', updatable => false, columns => ARRAY['study_id', 'id', 'item_id', 'recorded_at',
    'actor']);
SELECT pro.audit_table('read_locks', updatable => false, columns => ARRAY['study_id', 'id', 'step', 'printed_name',
    'recorded_at', 'actor', 'reason']);

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['read_exams', 'read_lists', 'read_items', 'reads', 'read_findings', 'read_locks'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_operator', guarded);
    END LOOP;
END
$$;
GRANT INSERT ON pro.read_exams, pro.read_lists, pro.read_items, pro.read_locks TO pro_operator;

-- Whether a list is whoever asks' own to read; the operator's commands may hand in any.
CREATE FUNCTION pro.reads_as(reader text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('pro.actor', true) = 'staff:' || reader OR current_setting('pro.actor', true) LIKE 'cli:%'
$$;
-- At the desk a reader sees of their own lists the pseudonyms and their order, and no column more.
GRANT SELECT ON pro.read_lists TO pro_desk;
GRANT SELECT (study_id, list_id, sequence, pseudonym) ON pro.read_items TO pro_desk;
CREATE POLICY desk ON pro.read_lists FOR SELECT TO pro_desk USING (pro.reads_as(reader));
CREATE POLICY desk ON pro.read_items FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.read_lists AS l
    WHERE l.study_id = read_items.study_id AND l.id = read_items.list_id AND pro.reads_as(l.reader)));
-- Locks are those of the whole study: they are set and let go by who keeps the data of all of its sites.
GRANT SELECT ON pro.read_locks TO pro_desk, pro_clerk;
GRANT INSERT ON pro.read_locks TO pro_clerk;
CREATE POLICY desk ON pro.read_locks FOR SELECT TO pro_desk USING (cardinality(pro.visible_site_ids()) > 0);
CREATE POLICY clerk_reads ON pro.read_locks FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_lock ON pro.read_locks FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_lock(study_id, NULL, NULL));

CREATE OR REPLACE FUNCTION pro.reads_locked(study uuid, as_of timestamptz) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT k.step = 'locked' FROM pro.read_locks AS k
                     WHERE k.study_id = study AND k.recorded_at <= as_of ORDER BY k.id DESC LIMIT 1), false)
$$;
