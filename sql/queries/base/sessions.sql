-- name: set_session(settings)
-- Settings of a session, from a JSON object: what a start message brings where no pooler stands in between.
SELECT count(set_config(s.key, s.value, false)) AS set FROM jsonb_each_text($1::jsonb) AS s;

-- name: mark_session(mark)
-- A mark that whoever has this session finds again.
SELECT set_config('pro.mark', $1, false) AS mark;

-- name: get_session()
-- The mark of this session, and who it works as.
SELECT current_setting('pro.mark', true) AS mark, current_user AS works_as;
