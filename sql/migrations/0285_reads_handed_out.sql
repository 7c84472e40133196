-- Lists of reads are handed out at the desk too, by whoever keeps the data of every site of the study. A reader's program
-- writes as the same role, so whose images are whose is seen in the role of a data manager alone.
CREATE FUNCTION pro.keeps_reads(study uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) > 0 AND bool_and(y.id::text || ':data_manager' = ANY (
        string_to_array(coalesce(current_setting('pro.site_roles', true), ''), ',')))
    FROM pro.sites AS y WHERE y.study_id = study
$$;
REVOKE ALL ON FUNCTION pro.keeps_reads(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.keeps_reads(uuid) TO pro_clerk;
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['read_exams', 'read_lists', 'read_items', 'reads'] LOOP
        EXECUTE format('CREATE POLICY keeper_reads ON pro.%I FOR SELECT TO pro_clerk USING (pro.keeps_reads(study_id))', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_clerk', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['read_exams', 'read_lists', 'read_items'] LOOP
        EXECUTE format('CREATE POLICY keeper_hands_out ON pro.%I FOR INSERT TO pro_clerk WITH CHECK (pro.keeps_reads(study_id))', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_clerk', guarded);
    END LOOP;
END
$$;
GRANT SELECT ON pro.present_roles TO pro_clerk;

-- What settles has hidden repeats too; a repeat of it is numbered as any other, and settles nothing.
-- Keep reads as measurements, unless the reads are locked; and raise an alert for each item with a finding that was not
-- told before, whatever is locked; in the turns of whom they are about. `doc` is one JSON document: files, reads, findings.
CREATE OR REPLACE FUNCTION pro.keep_reads(study uuid, doc jsonb) RETURNS TABLE (kept bigint, told bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH known AS MATERIALIZED (
        SELECT i.id AS item_id, i.pseudonym, l.reader, l.measure, l.measure_version, l.definition_sha256,
               CASE WHEN l.purpose = 'read' OR i.look > 1 THEN i.look ELSE 0 END AS read_number, e.participant_id, e.visit_id,
               e.target, e.measured_on, e.scanner, e.field_strength, e.study_uid
        FROM pro.read_items AS i
        JOIN pro.read_lists AS l ON l.study_id = study AND l.id = i.list_id
        JOIN pro.read_exams AS e ON e.study_id = study AND e.id = i.exam_id
        WHERE i.study_id = study AND pro.reads_as(l.reader) AND i.pseudonym IN (
            SELECT x ->> 'pseudonym' FROM jsonb_array_elements(doc -> 'reads') AS x
            UNION ALL SELECT x ->> 'pseudonym' FROM jsonb_array_elements(doc -> 'findings') AS x)
    ),
    given AS MATERIALIZED (
        SELECT x.id, x.region, x.layer, x.value, x.gap, x.import_id, x.source_row, x.actor, k.*
        FROM jsonb_to_recordset(doc -> 'reads') AS x (id uuid, region text, layer text, value numeric, gap text,
            import_id uuid, source_row integer, actor text, pseudonym text)
        JOIN known AS k USING (pseudonym)
        WHERE NOT pro.reads_locked(study, pro.now())
    ),
    brought AS (
        INSERT INTO pro.measure_imports (study_id, id, file_name, file_sha256, row_count, reason, actor)
        SELECT study, f.* FROM jsonb_to_recordset(doc -> 'files') AS f (id uuid, file_name text, file_sha256 text,
            row_count integer, reason text, actor text)
        WHERE EXISTS (SELECT FROM given)
    ),
    measured AS (
        INSERT INTO pro.measurements (study_id, id, thing_id, revision, participant_id, visit_id, measure,
            measure_version, definition_sha256, target, measured_on, region, layer, value, gap, reader, read_number,
            scanner, field_strength, study_uid, import_id, source_row, struck, actor)
        SELECT study, g.id, g.id, 1, g.participant_id, g.visit_id, g.measure, g.measure_version, g.definition_sha256,
               g.target, g.measured_on, g.region, g.layer, g.value, g.gap, g.reader,
               g.read_number, g.scanner, g.field_strength, g.study_uid, g.import_id, g.source_row, false, g.actor
        FROM given AS g
        RETURNING id
    ),
    linked AS (
        INSERT INTO pro.reads (study_id, id, item_id, region, layer, actor)
        SELECT study, g.id, g.item_id, coalesce(g.region, ''), coalesce(g.layer, ''), g.actor FROM given AS g
    ),
    found AS (
        INSERT INTO pro.read_findings (study_id, id, item_id, actor)
        SELECT study, x.id, k.item_id, x.actor
        FROM jsonb_to_recordset(doc -> 'findings') AS x (id uuid, pseudonym text, actor text)
        JOIN known AS k USING (pseudonym)
        ON CONFLICT (study_id, item_id) DO NOTHING
        RETURNING id, item_id, actor
    ),
    turns AS (
        UPDATE pro.participant_revisions AS r SET revision = r.revision + 1
        WHERE r.study_id = study AND r.participant_id IN (SELECT g.participant_id FROM given AS g
            UNION ALL SELECT k.participant_id FROM found AS f JOIN known AS k USING (item_id))
    ),
    alarmed AS (
        INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at, happened_on, actor)
        SELECT study, f.id, k.participant_id, 'image_finding', 'urgent', pro.now(), k.measured_on, f.actor
        FROM found AS f JOIN known AS k USING (item_id)
    )
    SELECT (SELECT count(*) FROM measured), (SELECT count(*) FROM found)
$$;
