-- name: get_open_hold()
-- Why sending is held now; nothing where it is not.
SELECT h.id, h.began_at, h.why, h.backup_at FROM pro.sending_holds AS h WHERE h.released_at IS NULL;

-- name: get_left_timeline()
-- The line of its log the server was last known to be on, where it goes on from another now.
SELECT pro.left_timeline() AS timeline;

-- name: accept_timeline(id, why, actor)
-- Vouch for the line of its log the server is on, unless it is the one vouched for already.
INSERT INTO pro.server_timelines (id, timeline, why, actor)
SELECT $1, pro.server_timeline(), $2, $3
WHERE pro.server_timeline() IS DISTINCT FROM
    (SELECT t.timeline FROM pro.server_timelines AS t ORDER BY t.id DESC LIMIT 1)
RETURNING timeline;

-- name: note_first_timeline(id, why, actor)
-- Note the line of its log the server is on, where none was ever noted.
INSERT INTO pro.server_timelines (id, timeline, why, actor)
SELECT $1, pro.server_timeline(), $2, $3
WHERE pro.server_timeline() IS NOT NULL AND NOT EXISTS (SELECT FROM pro.server_timelines)
RETURNING timeline;

-- name: get_last_hold_began()
-- Since when sending was last held, whether or not it was released since.
SELECT max(h.began_at) AS at FROM pro.sending_holds AS h;

-- name: insert_hold(id, why, backup_at, actor)
-- Hold sending.
INSERT INTO pro.sending_holds (id, why, backup_at, actor) VALUES ($1, $2, $3, $4);

-- name: release_hold(actor, reason)
-- Let sending go on, on the word of a named person; nothing where it is not held.
UPDATE pro.sending_holds
SET released_at = clock_timestamp(), released_by = $1, release_reason = $2
WHERE released_at IS NULL
RETURNING id;
