-- name: get_study_time()
-- Study time.
SELECT pro.now() AS at;

-- name: move_clock(until)
-- Move study time forwards to an instant.
SELECT pro.move_clock($1) AS at;

-- name: start_clock(at)
-- Begin a demonstration at an instant of its own.
SELECT pro.start_clock($1) AS at;

-- name: get_database_kind()
-- What this database is for: demo, validation or production.
SELECT pro.database_kind() AS kind;

-- name: declare_kind(kind)
-- Say what this database is for, once and for ever.
SELECT pro.declare_kind($1) AS kind;

-- name: check_database()
-- That the database answers.
SELECT 1 AS alive;

-- name: mark_settled()
-- A commit of nothing, which waits until all that was committed before it is as safe as commits are here: after a
-- crash, or a wait that broke off, rows can be read that no standby has yet.
SELECT pg_logical_emit_message(true, 'pro', '') AS written_at;

-- name: get_last_written_at()
-- The furthest of the machine's times at which the audit was written to; NULL before that.
SELECT pro.last_written_at() AS at;
