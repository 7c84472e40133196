-- The alerts of a week beside the site's log, and texts that warn and raised none: found along indexes, not among all
-- there ever were, and the first of them set by set before anything else of them is read.
CREATE INDEX alerts_raised ON pro.alerts (study_id, raised_at);
CREATE INDEX assessments_without_reference ON pro.alert_assessments (study_id, alert_id)
    WHERE verdict <> 'no_ae' AND reference IS NULL;
CREATE INDEX texts_that_warn ON pro.inbounds (study_id, received_at) WHERE urgent;

-- Where a participant is seen by whoever sees these sites, as `site_seen` says of them.
CREATE FUNCTION pro.desk_site_of(study uuid, participant uuid, sites uuid[]) RETURNS TABLE (site_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT ps.site_id FROM pro.participant_sites AS ps
    WHERE ps.study_id = study AND ps.participant_id = participant AND ps.site_id = ANY (sites)
    ORDER BY (ps.valid_to IS NULL) DESC, ps.id DESC LIMIT 1
$$;

-- Alerts raised within a span, and of any time before those that lack assessment or reference, if they are wanted:
-- unmatched ones first, of them the urgent, then the oldest.
CREATE FUNCTION pro.desk_first_logged(study uuid, at_site uuid, since timestamptz, until timestamptz, earlier boolean,
                                      most integer)
    RETURNS TABLE (id uuid, site_id uuid, unmatched boolean, place bigint, total bigint, unmatched_total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 100 AS $$
    WITH wanted AS (
        SELECT x.id FROM pro.alerts AS x
        WHERE x.study_id = study AND x.raised_at >= since AND x.raised_at < until
        UNION
        SELECT x.id FROM pro.alerts AS x
        WHERE earlier AND x.study_id = study AND x.acted_at IS NULL AND x.raised_at < until
        UNION
        SELECT w.alert_id FROM pro.alert_assessments AS w
        WHERE earlier AND w.study_id = study AND w.verdict <> 'no_ae' AND w.reference IS NULL
    ),
    judged AS (
        SELECT x.id, x.raised_at, x.severity = 'urgent' AS urgent, h.site_id,
               -- Acted on before there were three steps: neither is asked for any more.
               CASE WHEN s.verdict IS NULL THEN x.acted_at IS NULL
                    ELSE s.verdict <> 'no_ae' AND s.reference IS NULL END AS unmatched
        FROM wanted
        JOIN pro.alerts AS x ON x.study_id = study AND x.id = wanted.id AND x.raised_at < until
        CROSS JOIN LATERAL pro.desk_sees(study, x.participant_id, x.recorded_at, pro.visible_site_ids())
        CROSS JOIN LATERAL pro.desk_site_of(study, x.participant_id, pro.visible_site_ids()) AS h
        LEFT JOIN LATERAL (
            SELECT w.verdict, w.reference FROM pro.alert_assessments AS w
            WHERE w.study_id = study AND w.alert_id = x.id
              AND EXISTS (SELECT FROM pro.desk_sees(study, x.participant_id, w.recorded_at, pro.visible_site_ids()))
            ORDER BY w.id DESC LIMIT 1) AS s ON true
        WHERE at_site IS NULL OR h.site_id = at_site
    ),
    listed AS (
        SELECT j.*, count(*) OVER () AS total, count(*) FILTER (WHERE j.unmatched) OVER () AS unmatched_total
        FROM judged AS j
        JOIN pro.alerts AS x ON x.study_id = study AND x.id = j.id
        WHERE j.unmatched OR x.raised_at >= since
    )
    SELECT l.id, l.site_id, l.unmatched,
           row_number() OVER (ORDER BY l.unmatched DESC, l.urgent DESC, l.raised_at, l.id), l.total, l.unmatched_total
    FROM listed AS l
    ORDER BY l.unmatched DESC, l.urgent DESC, l.raised_at, l.id LIMIT most
$$;

-- Texts of a span that name a sign of harm and raised no alert: unread ones first, then the oldest. One from a shared
-- number stands at the site of the first who uses it.
CREATE FUNCTION pro.desk_first_reports(study uuid, at_site uuid, since timestamptz, until timestamptz, most integer)
    RETURNS TABLE (id uuid, site_id uuid, place bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 100 AS $$
    SELECT r.id, r.site_id, row_number() OVER (ORDER BY r.unread DESC, r.received_at, r.id), r.total
    FROM (SELECT i.id, i.received_at, i.read_at IS NULL AS unread, h.site_id, count(*) OVER () AS total
          FROM pro.inbounds AS i
          CROSS JOIN LATERAL (
              SELECT p.id FROM pro.senders_of_text(study, i.participant_id, i.line_id) AS w
              JOIN pro.participants AS p ON p.study_id = study AND p.id = w.id
              CROSS JOIN LATERAL pro.desk_sees(study, p.id, i.recorded_at, pro.visible_site_ids())
              ORDER BY p.code LIMIT 1) AS u
          CROSS JOIN LATERAL pro.desk_site_of(study, u.id, pro.visible_site_ids()) AS h
          WHERE i.study_id = study AND i.urgent AND i.received_at >= since AND i.received_at < until
            AND (at_site IS NULL OR h.site_id = at_site)
            AND NOT EXISTS (SELECT FROM pro.alerts AS x WHERE x.study_id = study AND x.inbound_id = i.id)
          ORDER BY unread DESC, i.received_at, i.id LIMIT most) AS r
$$;

REVOKE ALL ON FUNCTION pro.desk_first_logged(uuid, uuid, timestamptz, timestamptz, boolean, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pro.desk_first_reports(uuid, uuid, timestamptz, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_first_logged(uuid, uuid, timestamptz, timestamptz, boolean, integer) TO pro_desk;
GRANT EXECUTE ON FUNCTION pro.desk_first_reports(uuid, uuid, timestamptz, timestamptz, integer) TO pro_desk;
