-- Files of study data that somebody at the desk asked for: what was asked is insert-only and audited, and so is what left
-- (`data_out`). A worker makes the file and keeps it here in parts, for any replica to hand out, for a day.
CREATE TABLE pro.export_jobs (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    tables text[] NOT NULL CHECK (cardinality(tables) > 0),
    formats text[] NOT NULL CHECK (cardinality(formats) > 0),
    as_of timestamptz,
    cut text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    CHECK (as_of IS NULL OR cut IS NULL)
);
COMMENT ON COLUMN pro.export_jobs.as_of IS 'Study time; without it and a cut: when the file is made.';

-- How far each has come, by machine time.
CREATE TABLE pro.export_makings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    lease_until timestamptz,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    done integer NOT NULL DEFAULT 0 CHECK (done >= 0),
    total integer CHECK (total >= 0),
    ended_at timestamptz,
    -- What refused it, in words of the program; NULL: nothing did.
    failed text,
    -- Codes of the sites whose participants are in the file.
    sites text[],
    file_name text,
    file_bytes bigint CHECK (file_bytes > 0),
    content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, id) REFERENCES pro.export_jobs (study_id, id),
    CHECK ((file_name IS NULL) = (file_bytes IS NULL) AND (file_name IS NULL) = (content_sha256 IS NULL)
           AND (file_name IS NULL) = (sites IS NULL)),
    CHECK (ended_at IS NULL OR (file_name IS NULL) <> (failed IS NULL))
);
CREATE INDEX exports_to_make ON pro.export_makings (id) WHERE ended_at IS NULL;
COMMENT ON COLUMN pro.export_makings.content_sha256 IS 'As `data_out` has it: SHA-256 of SHA256SUMS, and so of every byte.';

CREATE TABLE pro.export_parts (
    study_id uuid NOT NULL,
    job_id uuid NOT NULL,
    part integer NOT NULL CHECK (part >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (study_id, job_id, part),
    FOREIGN KEY (study_id, job_id) REFERENCES pro.export_makings (study_id, id)
);
-- Compressed before.
ALTER TABLE pro.export_parts ALTER COLUMN content SET STORAGE EXTERNAL;

-- Whoever asked sees it, and nobody else at the desk.
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['export_jobs', 'export_makings', 'export_parts'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_worker USING (true) WITH CHECK (true)', guarded);
    END LOOP;
END
$$;
CREATE POLICY own ON pro.export_jobs FOR SELECT TO pro_desk
    USING (actor = nullif(current_setting('pro.actor', true), ''));
CREATE POLICY desk_asks ON pro.export_jobs FOR INSERT TO pro_desk
    WITH CHECK (cardinality(pro.visible_site_ids()) > 0 AND actor = nullif(current_setting('pro.actor', true), ''));
CREATE POLICY own ON pro.export_makings FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.export_jobs AS j WHERE j.study_id = export_makings.study_id AND j.id = export_makings.id));
CREATE POLICY desk_asks ON pro.export_makings FOR INSERT TO pro_desk WITH CHECK (EXISTS (
    SELECT FROM pro.export_jobs AS j WHERE j.study_id = export_makings.study_id AND j.id = export_makings.id));
CREATE POLICY own ON pro.export_parts FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.export_jobs AS j WHERE j.study_id = export_parts.study_id AND j.id = export_parts.job_id));
GRANT SELECT, INSERT ON pro.export_jobs TO pro_desk;
GRANT SELECT, INSERT (study_id, id) ON pro.export_makings TO pro_desk;
GRANT SELECT ON pro.export_parts TO pro_desk;
GRANT SELECT ON pro.export_jobs TO pro_worker;
GRANT SELECT, UPDATE (lease_until, tries, done, total, ended_at, failed, sites, file_name, file_bytes, content_sha256)
    ON pro.export_makings TO pro_worker;
GRANT SELECT, INSERT, DELETE ON pro.export_parts TO pro_worker;

SELECT pro.audit_table('export_jobs', updatable => false, columns => ARRAY['study_id', 'id', 'tables', 'formats', 'as_of',
    'cut', 'recorded_at', 'actor']);

-- Of an export the record keeps in which formats it went out, too.
ALTER TABLE pro.data_out ADD COLUMN formats text[];
SELECT pro.list_audited('data_out', ARRAY['study_id', 'id', 'what', 'narrowed_by', 'row_count', 'recorded_at', 'actor',
    'tables', 'as_of', 'content_sha256', 'formats']);
