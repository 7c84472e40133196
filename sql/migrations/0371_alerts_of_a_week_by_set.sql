-- The room of alerts asks who is seen once for all rows, as Today's lists do (0167), and looks no row up that it does not
-- show; what is listed, and in which order, is as before (0146).
CREATE OR REPLACE FUNCTION pro.desk_first_logged(study uuid, at_site uuid, since timestamptz, until timestamptz,
                                                 earlier boolean, most integer)
    RETURNS TABLE (id uuid, site_id uuid, unmatched boolean, place bigint, total bigint, unmatched_total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 100 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    WITH wanted AS (
        SELECT x.id, x.participant_id, x.severity, x.raised_at, x.recorded_at, x.acted_at IS NULL AS waits
        FROM pro.alerts AS x
        WHERE x.study_id = study AND x.raised_at >= since AND x.raised_at < until
        UNION ALL
        SELECT x.id, x.participant_id, x.severity, x.raised_at, x.recorded_at, true FROM pro.alerts AS x
        WHERE earlier AND x.study_id = study AND x.acted_at IS NULL AND x.raised_at < least(since, until)
        UNION ALL
        SELECT x.id, x.participant_id, x.severity, x.raised_at, x.recorded_at, false
        FROM (SELECT DISTINCT w.alert_id FROM pro.alert_assessments AS w
              WHERE earlier AND w.study_id = study AND w.verdict <> 'no_ae' AND w.reference IS NULL) AS w
        JOIN pro.alerts AS x ON x.study_id = study AND x.id = w.alert_id
        WHERE x.acted_at IS NOT NULL AND x.raised_at < least(since, until)
    ),
    shown AS MATERIALIZED (
        SELECT x.id, x.severity = 'urgent' AS urgent, x.raised_at, x.waits, h.site_id, h.until
        FROM wanted AS x
        JOIN pro.desk_seen(study, sites, at_site) AS h
          ON h.participant_id = x.participant_id AND x.recorded_at < h.until
    ),
    said AS (
        SELECT DISTINCT ON (w.alert_id) w.alert_id, w.verdict, w.reference
        FROM shown AS x JOIN pro.alert_assessments AS w ON w.study_id = study AND w.alert_id = x.id
        WHERE w.recorded_at < x.until ORDER BY w.alert_id, w.id DESC
    ),
    judged AS (
        SELECT x.id, x.site_id, x.urgent, x.raised_at,
               -- Acted on before there were three steps: neither is asked for any more.
               CASE WHEN s.verdict IS NULL THEN x.waits ELSE s.verdict <> 'no_ae' AND s.reference IS NULL END AS unmatched
        FROM shown AS x LEFT JOIN said AS s ON s.alert_id = x.id
    )
    SELECT l.id, l.site_id, l.unmatched,
           row_number() OVER (ORDER BY l.unmatched DESC, l.urgent DESC, l.raised_at, l.id), count(*) OVER (),
           count(*) FILTER (WHERE l.unmatched) OVER ()
    FROM judged AS l WHERE l.unmatched OR l.raised_at >= since
    ORDER BY l.unmatched DESC, l.urgent DESC, l.raised_at, l.id LIMIT most;
END
$$;

CREATE OR REPLACE FUNCTION pro.desk_first_reports(study uuid, at_site uuid, since timestamptz, until timestamptz,
                                                  most integer)
    RETURNS TABLE (id uuid, site_id uuid, place bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 100 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    WITH silent AS (
        SELECT i.id, i.participant_id, i.line_id, i.received_at, i.recorded_at, i.read_at IS NULL AS unread
        FROM pro.inbounds AS i
        WHERE i.study_id = study AND i.urgent AND i.received_at >= since AND i.received_at < until
          AND NOT EXISTS (SELECT FROM pro.alerts AS x WHERE x.study_id = study AND x.inbound_id = i.id)
    )
    SELECT r.id, r.site_id, row_number() OVER (ORDER BY r.unread DESC, r.received_at, r.id), count(*) OVER ()
    FROM (SELECT i.id, h.site_id, i.received_at, i.unread
          FROM silent AS i
          JOIN pro.desk_seen(study, sites, at_site) AS h
            ON h.participant_id = i.participant_id AND i.recorded_at < h.until
          UNION ALL
          SELECT i.id, h.site_id, i.received_at, i.unread
          FROM silent AS i
          CROSS JOIN LATERAL (
              SELECT p.id FROM pro.desk_line_users(study, i.line_id) AS w (id)
              JOIN pro.participants AS p ON p.study_id = study AND p.id = w.id
              CROSS JOIN LATERAL pro.desk_sees(study, p.id, i.recorded_at, sites)
              ORDER BY p.code LIMIT 1) AS u
          CROSS JOIN LATERAL pro.desk_site_of(study, u.id, sites) AS h
          WHERE i.participant_id IS NULL AND (at_site IS NULL OR h.site_id = at_site)) AS r
    ORDER BY r.unread DESC, r.received_at, r.id LIMIT most;
END
$$;
