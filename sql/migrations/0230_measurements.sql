-- Values of measures: what clinic and imaging found, of a knee or a person, at a visit or on a day. A value is its
-- revisions, of which the last stands: what was entered or brought in is never changed. Words are notes.
CREATE TABLE pro.measure_imports (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    file_name text NOT NULL CHECK (file_name <> ''),
    file_sha256 text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    row_count integer NOT NULL CHECK (row_count >= 0),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id)
);
COMMENT ON COLUMN pro.measure_imports.row_count IS 'The rows of the file, those that changed nothing among them.';
SELECT pro.audit_table('measure_imports', updatable => false, columns => ARRAY['study_id', 'id', 'file_name',
    'file_sha256', 'row_count', 'reason', 'recorded_at', 'actor']);

CREATE TABLE pro.measurements (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    thing_id uuid NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    participant_id uuid NOT NULL,
    visit_id uuid,
    measure text NOT NULL,
    measure_version text NOT NULL,
    definition_sha256 text NOT NULL CHECK (definition_sha256 ~ '^[0-9a-f]{64}$'),
    target text NOT NULL CHECK (target IN ('left_knee', 'right_knee', 'person')),
    measured_on date NOT NULL,
    region text,
    layer text,
    value numeric,
    gap text CHECK (gap IN ('not_done', 'refused', 'unreadable', 'not_applicable')),
    reader text CHECK (reader <> ''),
    read_number smallint NOT NULL CHECK (read_number >= 0),
    scanner text CHECK (scanner <> ''),
    field_strength numeric CHECK (field_strength > 0),
    study_uid text CHECK (study_uid ~ '^[0-9.]{1,64}$'),
    import_id uuid,
    source_row integer CHECK (source_row >= 1),
    struck boolean NOT NULL,
    reason text CHECK (reason IS NULL OR pro.note_of(reason) IS NOT NULL),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, thing_id, revision),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id),
    FOREIGN KEY (study_id, import_id) REFERENCES pro.measure_imports (study_id, id),
    CHECK ((value IS NULL) <> (gap IS NULL)),
    CHECK ((import_id IS NULL) = (source_row IS NULL))
);
COMMENT ON COLUMN pro.measurements.thing_id IS 'The value, of all its revisions: the id of the first.';
COMMENT ON COLUMN pro.measurements.measured_on IS 'The day of the examination, in the participant''s zone.';
COMMENT ON COLUMN pro.measurements.read_number IS '1: the read; higher: a hidden repeat of it; 0: settled by adjudication.';
COMMENT ON COLUMN pro.measurements.field_strength IS 'Of the scanner, in tesla.';
COMMENT ON COLUMN pro.measurements.study_uid IS 'The DICOM Study Instance UID of the images, which stay in the archive.';
COMMENT ON COLUMN pro.measurements.source_row IS 'The row of the file that brought it, as a table program counts.';
COMMENT ON COLUMN pro.measurements.struck IS 'It was entered by mistake: there is no such value.';
COMMENT ON COLUMN pro.measurements.reason IS 'Why it is out of range, or was corrected.';
CREATE INDEX measurements_of_participant ON pro.measurements (study_id, participant_id);
CREATE INDEX measurements_of_import ON pro.measurements (study_id, import_id);
SELECT pro.audit_table('measurements', updatable => false, columns => ARRAY['study_id', 'id', 'thing_id', 'revision',
    'participant_id', 'visit_id', 'measure', 'measure_version', 'definition_sha256', 'target', 'measured_on', 'region',
    'layer', 'value', 'gap', 'reader', 'read_number', 'scanner', 'field_strength', 'study_uid', 'import_id',
    'source_row', 'struck', 'reason', 'recorded_at', 'actor']);

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['measure_imports', 'measurements'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_operator, pro_clerk, pro_desk', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_operator, pro_clerk', guarded);
    END LOOP;
END
$$;
CREATE POLICY desk ON pro.measurements FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_make ON pro.measurements FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
-- A file may be about participants of several sites: who works at one of the study's sees that it came, and by whom.
CREATE POLICY desk ON pro.measure_imports FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.sites AS y WHERE y.study_id = measure_imports.study_id AND y.id = ANY (pro.visible_site_ids())));
CREATE POLICY desk_may_make ON pro.measure_imports FOR INSERT TO pro_clerk WITH CHECK (EXISTS (
    SELECT FROM pro.sites AS y WHERE y.study_id = measure_imports.study_id AND y.id = ANY (pro.visible_site_ids())));

-- The values that stood at an instant, of one participant or (null) of all that are seen: of each the highest revision
-- recorded by then, and nothing of what was struck. The one place that says so.
CREATE FUNCTION pro.standing_measurements(study uuid, participant uuid, as_of timestamptz)
    RETURNS SETOF pro.measurements
    LANGUAGE sql STABLE AS $$
    SELECT m.* FROM pro.measurements AS m
    WHERE m.study_id = study AND (participant IS NULL OR m.participant_id = participant) AND m.recorded_at <= as_of
      AND NOT m.struck AND NOT EXISTS (
          SELECT FROM pro.measurements AS l
          WHERE l.study_id = study AND l.thing_id = m.thing_id AND l.revision > m.revision AND l.recorded_at <= as_of)
$$;

-- Whether the reads of a study are locked: until there are any to lock, they are not.
CREATE FUNCTION pro.reads_locked(study uuid, as_of timestamptz) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT false
$$;
