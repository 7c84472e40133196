-- Webhooks out (R22): programs are told that something happened about somebody, by an id and a kind and no more. What
-- is told comes from the audit, in the order in which it is sealed; each webhook keeps how far it has come. Told at
-- least once: what is not taken is tried again, and what is never taken is kept for an operator to see.

CREATE TABLE pro.webhooks (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    url text NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 500),
    -- Whether it may lead to an address of one's own network, and go without TLS.
    private boolean NOT NULL,
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
    secret_sealed bytea NOT NULL,
    secret_key text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id),
    CHECK (private OR url ~ '^https://')
);
SELECT pro.audit_table('webhooks', updatable => false, columns => ARRAY['study_id', 'id', 'staff_id', 'url', 'private',
    'kinds', 'secret_sealed', 'secret_key', 'recorded_at', 'actor'], hashed => ARRAY['secret_sealed']);
CREATE TABLE pro.webhook_ends (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, webhook_id),
    FOREIGN KEY (study_id, webhook_id) REFERENCES pro.webhooks (study_id, id)
);
SELECT pro.audit_table('webhook_ends', updatable => false, columns => ARRAY['study_id', 'id', 'webhook_id', 'reason',
    'recorded_at', 'actor']);

-- How far of the audit a webhook has been told: the generation, and the last entry in sealing order.
CREATE TABLE pro.webhook_cursors (
    study_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    generation integer NOT NULL,
    xact_id xid8 NOT NULL,
    entry_id bigint NOT NULL,
    PRIMARY KEY (study_id, webhook_id),
    FOREIGN KEY (study_id, webhook_id) REFERENCES pro.webhooks (study_id, id)
);
-- What is to be told, tried and told: a queue, and no record. All times are machine time.
CREATE TABLE pro.webhook_deliveries (
    study_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    entry_id bigint NOT NULL,
    participant_id uuid NOT NULL,
    kind text NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at timestamptz,
    dead_at timestamptz,
    fault text,
    PRIMARY KEY (study_id, webhook_id, entry_id, participant_id),
    FOREIGN KEY (study_id, webhook_id) REFERENCES pro.webhooks (study_id, id),
    CHECK (num_nonnulls(delivered_at, dead_at) < 2)
);
CREATE INDEX webhook_deliveries_due ON pro.webhook_deliveries (due_at) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX webhook_deliveries_done ON pro.webhook_deliveries (delivered_at) WHERE delivered_at IS NOT NULL;

-- Webhooks that are told: not ended, of programs at work.
CREATE VIEW pro.present_webhooks WITH (security_invoker = true) AS
    SELECT w.study_id, w.id, w.staff_id, w.url, w.private, w.kinds, w.secret_sealed, w.secret_key
    FROM pro.webhooks AS w
    JOIN pro.present_programs AS g ON g.study_id = w.study_id AND g.staff_id = w.staff_id
    WHERE NOT EXISTS (SELECT FROM pro.webhook_ends AS e WHERE e.study_id = w.study_id AND e.webhook_id = w.id);

-- Note what has happened since for each webhook, of participants who are now at a site where its program holds one of
-- these roles; nothing of who is restricted but what is about their safety. `kinds` says by table and operation what
-- a kind is called, `within` which of their columns must have changed. How many entries were looked at. What was told a
-- week ago is forgotten.
CREATE FUNCTION pro.feed_webhooks(kinds jsonb, within jsonb, safety text[], roles text[], most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    hook record;
    stretch record;
    ended record;
    looked integer := 0;
BEGIN
    DELETE FROM pro.webhook_deliveries AS d WHERE d.delivered_at < clock_timestamp() - interval '7 days';
    FOR hook IN
        SELECT w.study_id, w.id, w.staff_id, w.kinds, c.generation, c.xact_id, c.entry_id
        FROM pro.present_webhooks AS w
        JOIN pro.webhook_cursors AS c ON c.study_id = w.study_id AND c.webhook_id = w.id
        FOR UPDATE OF c SKIP LOCKED
    LOOP
        SELECT g.after_entry_id, (SELECT min(n.after_entry_id) FROM pro.audit_generations AS n
                                  WHERE n.generation > hook.generation) AS until_entry_id
        INTO stretch FROM pro.audit_generations AS g WHERE g.generation = hook.generation;
        WITH entries AS MATERIALIZED (
            SELECT e.id, e.xact_id, e.study_id, e.changes, kinds ->> (e.table_name || ':' || e.operation) AS kind
            FROM pro.audit_entries AS e
            WHERE (e.xact_id, e.id) > (hook.xact_id, hook.entry_id) AND e.id > stretch.after_entry_id
              -- Of a former generation nothing runs any more; of the present one, what ended before all that runs.
              AND CASE WHEN stretch.until_entry_id IS NULL THEN e.xact_id < pg_snapshot_xmin(pg_current_snapshot())
                       ELSE e.id <= stretch.until_entry_id END
            ORDER BY e.xact_id, e.id LIMIT most
        ),
        noted AS (
            INSERT INTO pro.webhook_deliveries (study_id, webhook_id, entry_id, participant_id, kind)
            SELECT hook.study_id, hook.id, e.id, a.participant_id, e.kind
            FROM entries AS e
            JOIN pro.audit_participants AS a ON a.study_id = e.study_id AND a.entry_id = e.id
            JOIN pro.participant_sites AS ps ON ps.study_id = a.study_id AND ps.participant_id = a.participant_id
                 AND ps.valid_to IS NULL
            WHERE e.study_id = hook.study_id AND e.kind = ANY (hook.kinds)
              AND (within ->> e.kind IS NULL
                   OR EXISTS (SELECT FROM jsonb_each(e.changes) AS x WHERE x.value -> 'new' ? (within ->> e.kind)))
              AND EXISTS (SELECT FROM pro.present_roles AS r
                          WHERE r.study_id = hook.study_id AND r.staff_id = hook.staff_id AND r.role = ANY (roles)
                            AND coalesce(r.site_id, ps.site_id) = ps.site_id)
              AND (e.kind = ANY (safety) OR NOT pro.is_restricted(a.study_id, a.participant_id))
            ON CONFLICT DO NOTHING
        )
        SELECT count(*) AS entries, (array_agg(e.xact_id ORDER BY e.xact_id, e.id))[count(*)] AS xact_id,
               (array_agg(e.id ORDER BY e.xact_id, e.id))[count(*)] AS entry_id
        INTO ended FROM entries AS e;
        looked := looked + ended.entries;
        IF ended.entries > 0 THEN
            UPDATE pro.webhook_cursors AS c SET xact_id = ended.xact_id, entry_id = ended.entry_id
            WHERE c.study_id = hook.study_id AND c.webhook_id = hook.id;
        ELSIF stretch.until_entry_id IS NOT NULL THEN
            UPDATE pro.webhook_cursors AS c SET generation = c.generation + 1, xact_id = '0', entry_id = 0
            WHERE c.study_id = hook.study_id AND c.webhook_id = hook.id;
            looked := looked + 1;
        END IF;
    END LOOP;
    RETURN looked;
END
$$;

-- Begin a webhook's cursor: what is written from now on is told.
CREATE FUNCTION pro.begin_webhook(study uuid, webhook uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.webhook_cursors (study_id, webhook_id, generation, xact_id, entry_id)
    SELECT study, webhook, max(g.generation), pg_snapshot_xmin(pg_current_snapshot()), 0
    FROM pro.audit_generations AS g
$$;

-- Claim what is due: it is due again when the lease is over, unless what came of it was said before.
CREATE FUNCTION pro.claim_webhooks(lease interval, most integer)
    RETURNS TABLE (study_id uuid, webhook_id uuid, entry_id bigint, participant_id uuid, kind text, tries integer,
                   url text, private boolean, secret_sealed bytea, secret_key text, now timestamptz)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH due AS (
        SELECT d.study_id, d.webhook_id, d.entry_id, d.participant_id
        FROM pro.webhook_deliveries AS d
        JOIN pro.present_webhooks AS w ON w.study_id = d.study_id AND w.id = d.webhook_id
        WHERE d.delivered_at IS NULL AND d.dead_at IS NULL AND d.due_at <= clock_timestamp()
        ORDER BY d.due_at LIMIT most FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE pro.webhook_deliveries AS d SET tries = d.tries + 1, due_at = clock_timestamp() + lease
    FROM due JOIN pro.webhooks AS w ON w.study_id = due.study_id AND w.id = due.webhook_id
    WHERE d.study_id = due.study_id AND d.webhook_id = due.webhook_id AND d.entry_id = due.entry_id
      AND d.participant_id = due.participant_id
    RETURNING d.study_id, d.webhook_id, d.entry_id, d.participant_id, d.kind, d.tries, w.url, w.private,
              w.secret_sealed, w.secret_key, clock_timestamp()
$$;

-- What came of one: taken; or at fault, and tried again after a while (NULL: never, it is dead).
CREATE FUNCTION pro.settle_webhook(study uuid, webhook uuid, entry bigint, participant uuid, wrong text, again interval)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE pro.webhook_deliveries AS d
    SET delivered_at = CASE WHEN wrong IS NULL THEN clock_timestamp() END,
        dead_at = CASE WHEN wrong IS NOT NULL AND again IS NULL THEN clock_timestamp() END,
        due_at = clock_timestamp() + coalesce(again, interval '0'), fault = wrong
    WHERE d.study_id = study AND d.webhook_id = webhook AND d.entry_id = entry AND d.participant_id = participant
      AND d.delivered_at IS NULL
$$;

-- Dead ones of a webhook, or of all of a study, are due now once more; how many.
CREATE FUNCTION pro.retry_webhooks(study uuid, webhook uuid) RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH again AS (
        UPDATE pro.webhook_deliveries AS d SET dead_at = NULL, tries = 0, due_at = clock_timestamp()
        WHERE d.study_id = study AND (webhook IS NULL OR d.webhook_id = webhook) AND d.dead_at IS NOT NULL
        RETURNING 1
    )
    SELECT count(*)::integer FROM again
$$;

DO $$
DECLARE
    made text;
BEGIN
    FOREACH made IN ARRAY ARRAY['feed_webhooks(jsonb, jsonb, text[], text[], integer)',
        'claim_webhooks(interval, integer)', 'settle_webhook(uuid, uuid, bigint, uuid, text, interval)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION pro.%s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION pro.%s TO pro_worker', made);
    END LOOP;
    FOREACH made IN ARRAY ARRAY['begin_webhook(uuid, uuid)', 'retry_webhooks(uuid, uuid)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION pro.%s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION pro.%s TO pro_operator', made);
    END LOOP;
END
$$;
GRANT SELECT, INSERT ON pro.webhooks, pro.webhook_ends TO pro_operator;
GRANT SELECT ON pro.webhook_deliveries TO pro_operator;
