-- What a reader hands in is joined with whose images it is about by the database alone: the program that takes a file
-- from a reader is told what it may say, and never whose it is.

-- The items of pseudonyms on lists of whoever asks, each with what was handed in for it.
CREATE FUNCTION pro.known_reads(study uuid, pseudonyms text[])
    RETURNS TABLE (pseudonym text, sequence integer, measure text, given jsonb, told boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.pseudonym, i.sequence, l.measure,
           (SELECT jsonb_agg(jsonb_build_object('region', r.region, 'layer', r.layer, 'value', m.value::text,
                                                'gap', m.gap))
            FROM pro.reads AS r JOIN pro.measurements AS m ON m.study_id = study AND m.id = r.id
            WHERE r.study_id = study AND r.item_id = i.id),
           EXISTS (SELECT FROM pro.read_findings AS f WHERE f.study_id = study AND f.item_id = i.id)
    FROM pro.read_items AS i
    JOIN pro.read_lists AS l ON l.study_id = study AND l.id = i.list_id
    WHERE i.study_id = study AND i.pseudonym = ANY (pseudonyms) AND pro.reads_as(l.reader)
$$;

-- Keep reads as measurements, unless the reads are locked; and raise an alert for each item with a finding that was not
-- told before, whatever is locked; in the turns of whom they are about. `doc` is one JSON document: files, reads, findings.
CREATE FUNCTION pro.keep_reads(study uuid, doc jsonb) RETURNS TABLE (kept bigint, told bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH known AS MATERIALIZED (
        SELECT i.id AS item_id, i.pseudonym, i.look, l.reader, l.purpose, l.measure, l.measure_version,
               l.definition_sha256, e.participant_id, e.visit_id, e.target, e.measured_on, e.scanner, e.field_strength,
               e.study_uid
        FROM pro.read_items AS i
        JOIN pro.read_lists AS l ON l.study_id = study AND l.id = i.list_id
        JOIN pro.read_exams AS e ON e.study_id = study AND e.id = i.exam_id
        WHERE i.study_id = study AND pro.reads_as(l.reader) AND i.pseudonym IN (
            SELECT x ->> 'pseudonym' FROM jsonb_array_elements(doc -> 'reads') AS x
            UNION ALL SELECT x ->> 'pseudonym' FROM jsonb_array_elements(doc -> 'findings') AS x)
    ),
    given AS MATERIALIZED (
        SELECT x.id, x.region, x.layer, x.value, x.gap, x.import_id, x.source_row, x.actor, k.*
        FROM jsonb_to_recordset(doc -> 'reads') AS x (id uuid, region text, layer text, value numeric,
            gap text, import_id uuid, source_row integer, actor text, pseudonym text)
        JOIN known AS k USING (pseudonym)
        WHERE NOT pro.reads_locked(study, pro.now())
    ),
    brought AS (
        INSERT INTO pro.measure_imports (study_id, id, file_name, file_sha256, row_count, reason, actor)
        SELECT study, f.id, f.file_name, f.file_sha256, f.row_count, f.reason, f.actor
        FROM jsonb_to_recordset(doc -> 'files') AS f (id uuid, file_name text, file_sha256 text, row_count integer,
            reason text, actor text)
        WHERE EXISTS (SELECT FROM given)
    ),
    measured AS (
        INSERT INTO pro.measurements (study_id, id, thing_id, revision, participant_id, visit_id, measure,
            measure_version, definition_sha256, target, measured_on, region, layer, value, gap, reader, read_number,
            scanner, field_strength, study_uid, import_id, source_row, struck, actor)
        SELECT study, g.id, g.id, 1, g.participant_id, g.visit_id, g.measure, g.measure_version, g.definition_sha256,
               g.target, g.measured_on, g.region, g.layer, g.value, g.gap, g.reader,
               CASE WHEN g.purpose = 'read' THEN g.look ELSE 0 END, g.scanner, g.field_strength, g.study_uid,
               g.import_id, g.source_row, false, g.actor
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
        WHERE r.study_id = study AND r.participant_id IN (
            SELECT g.participant_id FROM given AS g
            UNION ALL SELECT k.participant_id FROM found AS f JOIN known AS k USING (item_id))
    ),
    alarmed AS (
        INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at, happened_on, actor)
        SELECT study, f.id, k.participant_id, 'image_finding', 'urgent', pro.now(), k.measured_on, f.actor
        FROM found AS f JOIN known AS k USING (item_id)
    )
    SELECT (SELECT count(*) FROM measured), (SELECT count(*) FROM found)
$$;
REVOKE ALL ON FUNCTION pro.known_reads(uuid, text[]), pro.keep_reads(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.known_reads(uuid, text[]), pro.keep_reads(uuid, jsonb) TO pro_operator, pro_clerk;
