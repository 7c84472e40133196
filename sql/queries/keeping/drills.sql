-- name: get_replayed_at()
-- When the last transaction was committed that a restored server replayed from its archived log.
SELECT pg_last_xact_replay_timestamp() AS at;

-- name: list_databases()
-- The databases of a server that may be connected to.
SELECT d.datname::text AS name FROM pg_database AS d WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.datname;

-- name: holds_ours()
-- Whether this database has the service's schema.
SELECT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'pro') AS ours;

-- name: count_known(participants, messages)
-- How many of these participants and of these texts the database has.
SELECT (SELECT count(*) FROM pro.participants AS p WHERE p.id = ANY ($1::uuid[])) AS participants,
       (SELECT count(*) FROM pro.messages AS m WHERE m.id = ANY ($2::uuid[])) AS messages;
