-- What watches the service sees how old the newest backup is, how long the oldest push waits, and since when
-- the audit waits for its seal; what is in any of them is not its business.

GRANT SELECT (made_at) ON pro.backups TO pro_worker;
GRANT SELECT (came_at, worked_at) ON pro.provider_pushes TO pro_worker;

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
