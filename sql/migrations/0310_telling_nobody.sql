-- What is due to be told to programs was planned anew every ten seconds, for a function in SQL keeps no plan: a
-- twentieth of a second of processor each time, told or not. In plpgsql the plan is kept, and none is made while
-- nothing is due.

CREATE OR REPLACE FUNCTION pro.claim_webhooks(lease interval, most integer)
    RETURNS TABLE (study_id uuid, webhook_id uuid, entry_id bigint, participant_id uuid, kind text, tries integer,
                   url text, private boolean, secret_sealed bytea, secret_key text, now timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM pro.webhook_deliveries AS d
                   WHERE d.delivered_at IS NULL AND d.dead_at IS NULL AND d.due_at <= clock_timestamp()) THEN
        RETURN;
    END IF;
    RETURN QUERY
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
              w.secret_sealed, w.secret_key, clock_timestamp();
END
$$;
