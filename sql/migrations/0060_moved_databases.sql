-- Whether the database came from another server, by dump and load, and no generation of seals was begun since:
-- the newest seal names transactions this server has not had. What is written then is not sealed, and stands among
-- what was. Any role may ask: nothing is served from such a database.
CREATE FUNCTION pro.was_moved() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM (SELECT s.generation, s.below_xact_id FROM pro.audit_seals AS s
                     ORDER BY s.id DESC LIMIT 1) AS newest
        WHERE newest.below_xact_id > pg_snapshot_xmax(pg_current_snapshot())
          AND coalesce(newest.generation, 1) = (SELECT max(g.generation) FROM pro.audit_generations AS g))
$$;
REVOKE ALL ON FUNCTION pro.was_moved() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.was_moved()
    TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk, pro_clerk;
