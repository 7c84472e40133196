-- A server that was restored to a point in time, or whose standby was promoted, goes on from a new line of its
-- log (a timeline). What was sent after that point may be forgotten, so sending is held until somebody, or a
-- setting that vouches for standbys that lose nothing, says that all is there.

CREATE TABLE pro.server_timelines (
    id uuid PRIMARY KEY,
    timeline integer NOT NULL,
    why text NOT NULL CHECK (why <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
GRANT SELECT ON pro.server_timelines TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.server_timelines TO pro_worker, pro_operator;
SELECT pro.audit_table('server_timelines', updatable => false, columns => ARRAY['id', 'timeline', 'why',
    'recorded_at', 'actor']);

-- NULL on a standby, which writes no log of its own.
CREATE FUNCTION pro.server_timeline() RETURNS integer
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN NOT pg_is_in_recovery()
                THEN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer END
$$;

-- The timeline that was vouched for last, where the server is on another; no row: none was ever noted.
CREATE FUNCTION pro.left_timeline() RETURNS integer
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.timeline FROM (SELECT t.timeline FROM pro.server_timelines AS t ORDER BY t.id DESC LIMIT 1) AS n
    WHERE n.timeline <> pro.server_timeline()
$$;

CREATE OR REPLACE FUNCTION pro.sending_is_held() RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pro.sending_holds WHERE released_at IS NULL) OR pro.left_timeline() IS NOT NULL
$$;
