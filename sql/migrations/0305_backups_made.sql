-- That a backup was made, of what and how large: what watches the service sees how old the newest is. The
-- row is written once the file was read back, so the backup itself does not hold it.

CREATE TABLE pro.backups_made (
    id uuid PRIMARY KEY,
    -- When its snapshot was taken, by the machine's clock, as all of operations.
    made_at timestamptz NOT NULL,
    row_total bigint NOT NULL CHECK (row_total >= 0),
    encrypted boolean NOT NULL,
    actor text NOT NULL CHECK (actor <> '')
);
CREATE INDEX backups_by_time ON pro.backups_made (made_at);
GRANT SELECT ON pro.backups_made TO pro_worker, pro_operator;
-- How long the oldest push waits; what is in it is not the worker's.
GRANT SELECT (came_at, worked_at) ON pro.provider_pushes TO pro_worker;

SELECT pro.audit_table('backups_made', updatable => false, columns => ARRAY['id', 'made_at', 'row_total',
    'encrypted', 'actor']);

-- Since when the oldest entry waits for its seal, of the server the database is on now; NULL: none waits.
CREATE FUNCTION pro.unsealed_since() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.at
    FROM (SELECT g.generation, g.after_entry_id FROM pro.audit_generations AS g
          ORDER BY g.generation DESC LIMIT 1) AS g
    CROSS JOIN LATERAL (
        SELECT (SELECT s.below_xact_id FROM pro.audit_seals AS s
                WHERE coalesce(s.generation, 1) = g.generation ORDER BY s.id DESC LIMIT 1) AS below_xact_id) AS s
    JOIN pro.audit_entries AS e
        ON e.xact_id >= coalesce(s.below_xact_id, '0'::xid8) AND e.id > g.after_entry_id
    ORDER BY e.xact_id, e.id
    LIMIT 1
$$;
REVOKE ALL ON FUNCTION pro.unsealed_since() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.unsealed_since() TO pro_worker, pro_operator;
