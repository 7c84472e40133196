-- name: get_log_position()
-- How far the server's log is on its disk: all that was acknowledged, and no place a standby cannot come to yet.
SELECT pg_current_wal_flush_lsn()::text AS position;

-- name: has_replayed(position)
-- Whether a standby has everything up to this place of the log; whoever is none any more has a log of its own.
SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false) AS has;

-- name: get_identity()
-- Which database system this is, on which line of its log, and whether it only follows another server. What a
-- standby says of its line may be that of some minutes ago.
SELECT s.system_identifier, pg_is_in_recovery() AS is_standby,
       CASE WHEN pg_is_in_recovery() THEN greatest(c.timeline_id, r.min_recovery_end_timeline)
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer END AS timeline
FROM pg_control_system() AS s, pg_control_checkpoint() AS c, pg_control_recovery() AS r;

-- name: get_age()
-- How old what a standby shows may be, in seconds; NULL where nobody knows.
SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::double precision AS seconds
WHERE pg_is_in_recovery();
