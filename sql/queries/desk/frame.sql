-- name: get_frame(study_id, most_tries)
-- What stands around every page of the desk: what the database is for, since when sending is held, the time, the
-- sites seen from here, how much waits in the rooms the bar names, and what keeps whoever looks from entering answers.
SELECT pro.database_kind() AS kind,
       (SELECT h.began_at FROM pro.sending_holds AS h WHERE h.released_at IS NULL) AS held_since,
       pro.now() AS now,
       (SELECT coalesce(array_agg(y.code ORDER BY y.code), '{}') FROM pro.sites AS y WHERE y.study_id = $1) AS sites,
       -- A text that names a sign of harm and raised no alert is as urgent (R8).
       w.urgent + w.warned AS urgent, w.texts,
       (SELECT count(*) FROM pro.desk_operator_tasks($1, $2)) AS for_operator, pro.own_duties($1) AS duties
FROM pro.desk_waiting($1) AS w;

-- name: list_operator_tasks(study_id, most_tries)
-- What only the operator can mend: texts without a registration, and pushes that nobody could read.
SELECT t.kind, t.provider, t.address, t.what, t.language, t.since, t.broken, t.unknown
FROM pro.desk_operator_tasks($1, $2) AS t ORDER BY t.kind DESC, t.provider, t.address, t.what, t.language, t.since;
