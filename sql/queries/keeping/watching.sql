-- name: get_figures(a_day_ago)
-- What says how the service fares, from small indexes alone. `a_day_ago` is an id as it would have been
-- made a day ago: ids sort by when they were made.
SELECT d.due AS nudges_due, d.late AS nudges_late, d.oldest AS nudge_seconds,
       (SELECT count(*) FROM pro.messages AS m
        WHERE m.state IN ('ambiguous', 'unconfirmed') AND m.dealt_at IS NULL) AS texts_of_unknown_fate,
       (SELECT count(*) FROM pro.inbounds AS i
        WHERE i.disposition = 'needs_reading' AND i.read_at IS NULL) AS texts_to_read,
       p.waiting AS pushes_waiting, p.oldest AS push_seconds,
       (SELECT count(*) FROM pro.studies AS s JOIN pro.attempts AS a
            ON a.study_id = s.id AND a.submitted_at > pro.now() - interval '1 day') AS sittings_of_day,
       extract(epoch FROM clock_timestamp() - pro.unsealed_since())::float8 AS unsealed_seconds,
       (SELECT extract(epoch FROM clock_timestamp() - max(b.made_at))::float8 FROM pro.backups AS b
        WHERE b.of_studies IS NULL)
           AS backup_seconds,
       (SELECT extract(epoch FROM clock_timestamp() - a.last_archived_time)::float8 FROM pg_stat_archiver AS a)
           AS archive_seconds,
       (SELECT count(*) FROM pro.alerts AS a
        WHERE a.seen_at IS NULL AND a.acted_at IS NULL AND a.severity = 'urgent') AS alerts_unseen,
       EXISTS (SELECT FROM pro.sending_holds AS h WHERE h.released_at IS NULL) AS held,
       clock_timestamp() AS at,
       (SELECT json_object_agg(t.state, t.texts) FROM (
            SELECT m.state, count(*) AS texts FROM pro.messages AS m WHERE m.id >= $1 GROUP BY m.state) AS t) AS texts
FROM (SELECT count(*) AS due, count(*) FILTER (WHERE r.due_at < pro.now() - interval '5 minutes') AS late,
             extract(epoch FROM pro.now() - min(r.due_at))::float8 AS oldest
      FROM pro.reminders AS r WHERE r.ended_at IS NULL AND r.due_at <= pro.now()) AS d,
     (SELECT count(*) AS waiting, extract(epoch FROM clock_timestamp() - min(w.came_at))::float8 AS oldest
      FROM pro.provider_pushes AS w WHERE w.worked_at IS NULL) AS p;

-- name: get_server()
-- The server's version, the size of the database in bytes, and its clock.
SELECT current_setting('server_version_num')::integer AS version, pg_database_size(current_database()) AS size,
       clock_timestamp() AS at;
