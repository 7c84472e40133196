-- Who wrote what, when, in which transaction: one entry per statement and table, by trigger, so that no
-- program can forget it. Machine time. Insert-only tables leave ids and a digest (the rows themselves
-- are the history); updatable ones leave what changed, old and new.

CREATE TABLE pro.audit_entries (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xact_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    study_id uuid,
    table_name text NOT NULL,
    operation text NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    row_count integer NOT NULL,
    row_ids jsonb NOT NULL,
    digest bytea NOT NULL,
    changes jsonb,
    actor text NOT NULL CHECK (actor <> ''),
    mode text,
    reason text,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE pro.audit_entries_rest PARTITION OF pro.audit_entries DEFAULT;
CREATE INDEX audit_in_sealing_order ON pro.audit_entries (xact_id, id);

CREATE TABLE pro.audit_seals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_xact_id xid8 NOT NULL,
    below_xact_id xid8 NOT NULL,
    entry_count bigint NOT NULL,
    previous_sha256 bytea NOT NULL,
    sha256 bytea NOT NULL
);

-- Tables whose updates need a reason.
CREATE TABLE pro.audit_rules (
    table_name text PRIMARY KEY,
    reason_on_update boolean NOT NULL
);
INSERT INTO pro.audit_rules (table_name, reason_on_update) VALUES
    ('participants', true), ('participant_sites', true), ('contact_points', true),
    ('staff_assignments', true), ('sites', true);

CREATE FUNCTION pro.audit_actor(needs_reason boolean) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    actor text := nullif(current_setting('pro.actor', true), '');
BEGIN
    IF actor IS NULL THEN
        RAISE EXCEPTION 'nobody is named as the author of this write (pro.actor)' USING ERRCODE = 'PR002';
    END IF;
    IF needs_reason AND nullif(current_setting('pro.reason', true), '') IS NULL THEN
        RAISE EXCEPTION 'this change needs a reason (pro.reason)' USING ERRCODE = 'PR002';
    END IF;
    RETURN actor;
END
$$;

CREATE FUNCTION pro.audit_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.audit_entries
        (study_id, table_name, operation, row_count, row_ids, digest, actor, mode, reason)
    SELECT (min(r.doc ->> 'study_id'))::uuid, TG_TABLE_NAME, 'INSERT', count(*),
           jsonb_agg(r.doc -> 'id' ORDER BY r.doc ->> 'id'),
           sha256(convert_to(string_agg(r.doc::text, E'\n' ORDER BY r.doc ->> 'id'), 'UTF8')),
           coalesce(min(r.doc ->> 'actor'), pro.audit_actor(false)), min(r.doc ->> 'mode'),
           coalesce(min(r.doc ->> 'reason'), nullif(current_setting('pro.reason', true), ''))
    FROM (SELECT to_jsonb(n) AS doc FROM new_rows AS n) AS r
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;

CREATE FUNCTION pro.audit_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    needs_reason boolean := coalesce(
        (SELECT reason_on_update FROM pro.audit_rules WHERE table_name = TG_TABLE_NAME), false);
BEGIN
    INSERT INTO pro.audit_entries
        (study_id, table_name, operation, row_count, row_ids, digest, changes, actor, reason)
    SELECT (min(c.study_id))::uuid, TG_TABLE_NAME, 'UPDATE', count(*),
           jsonb_agg(c.id ORDER BY c.id),
           sha256(convert_to(string_agg(c.after::text, E'\n' ORDER BY c.id), 'UTF8')),
           jsonb_object_agg(c.id, jsonb_build_object('old', c.old_values, 'new', c.new_values)),
           pro.audit_actor(needs_reason), nullif(current_setting('pro.reason', true), '')
    FROM (
        SELECT n.doc ->> 'id' AS id, n.doc ->> 'study_id' AS study_id, n.doc AS after,
               (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(o.doc) AS e
                WHERE e.value IS DISTINCT FROM n.doc -> e.key) AS old_values,
               (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(n.doc) AS e
                WHERE e.value IS DISTINCT FROM o.doc -> e.key) AS new_values
        FROM (SELECT to_jsonb(x) AS doc FROM new_rows AS x) AS n
        JOIN (SELECT to_jsonb(x) AS doc FROM old_rows AS x) AS o ON o.doc ->> 'id' = n.doc ->> 'id'
    ) AS c
    WHERE c.new_values IS NOT NULL
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    audited text;
    updatable CONSTANT text[] := ARRAY['sites', 'staff', 'staff_assignments', 'participants',
        'participant_sites', 'contact_points', 'visits', 'assessments', 'attempts', 'invitations',
        'lines', 'messages', 'reminders', 'inbounds', 'opt_outs', 'alerts', 'call_tasks'];
    insert_only CONSTANT text[] := ARRAY['studies', 'protocol_versions', 'site_protocols',
        'participant_identifiers', 'consents', 'statuses', 'events', 'responses', 'scores',
        'data_queries', 'senders', 'delivery_receipts'];
BEGIN
    FOREACH audited IN ARRAY updatable || insert_only LOOP
        EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON pro.%I '
            'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert()', audited);
    END LOOP;
    FOREACH audited IN ARRAY updatable LOOP
        EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON pro.%I '
            'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_update()', audited);
    END LOOP;
    -- Whoever comes by the privilege all the same: what was recorded is not changed.
    FOREACH audited IN ARRAY insert_only || ARRAY['audit_entries', 'audit_seals'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.%I '
            'FOR EACH ROW EXECUTE FUNCTION pro.refuse_change()', audited);
    END LOOP;
END
$$;

-- Seal, in the order of their transactions, all entries no running transaction can still precede.
CREATE FUNCTION pro.seal_audit() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    floor_id xid8;
    ceiling_id xid8;
    previous bytea;
    sealed bigint;
BEGIN
    LOCK TABLE pro.audit_seals IN SHARE ROW EXCLUSIVE MODE;
    ceiling_id := pg_snapshot_xmin(pg_current_snapshot());
    SELECT s.below_xact_id, s.sha256 INTO floor_id, previous
        FROM pro.audit_seals AS s ORDER BY s.id DESC LIMIT 1;
    floor_id := coalesce(floor_id, '0'::xid8);
    previous := coalesce(previous, '\x'::bytea);
    INSERT INTO pro.audit_seals (first_xact_id, below_xact_id, entry_count, previous_sha256, sha256)
    SELECT floor_id, ceiling_id, count(*), previous,
           sha256(previous || string_agg(sha256(convert_to(to_jsonb(e)::text, 'UTF8')), ''::bytea
                                         ORDER BY e.xact_id, e.id))
    FROM pro.audit_entries AS e
    WHERE e.xact_id >= floor_id AND e.xact_id < ceiling_id
    HAVING count(*) > 0
    RETURNING entry_count INTO sealed;
    RETURN coalesce(sealed, 0);
END
$$;

-- The seals whose hash no longer follows from the entries they cover; none, if nothing was touched.
CREATE FUNCTION pro.broken_seals() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id
    FROM pro.audit_seals AS s
    LEFT JOIN pro.audit_seals AS p ON p.id = (SELECT max(b.id) FROM pro.audit_seals AS b WHERE b.id < s.id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS entry_count,
               sha256(s.previous_sha256
                      || string_agg(sha256(convert_to(to_jsonb(e)::text, 'UTF8')), ''::bytea
                                    ORDER BY e.xact_id, e.id)) AS sha256
        FROM pro.audit_entries AS e
        WHERE e.xact_id >= s.first_xact_id AND e.xact_id < s.below_xact_id
    ) AS again
    WHERE again.entry_count <> s.entry_count OR again.sha256 IS DISTINCT FROM s.sha256
       OR s.previous_sha256 <> coalesce(p.sha256, '\x'::bytea)
    ORDER BY s.id
$$;
REVOKE ALL ON FUNCTION pro.seal_audit(), pro.broken_seals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.seal_audit(), pro.broken_seals() TO pro_worker, pro_operator;
