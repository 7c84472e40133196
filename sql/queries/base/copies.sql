-- name: get_log_position()
-- How far the server has written its log.
SELECT pg_current_wal_insert_lsn()::text AS position;

-- name: has_replayed(position)
-- Whether a standby has everything up to this place of the log; whoever is none, has.
SELECT NOT pg_is_in_recovery() OR coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false) AS has;

-- name: get_age()
-- How old what a standby shows may be, in seconds; NULL where nobody knows.
SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::double precision AS seconds
WHERE pg_is_in_recovery();
