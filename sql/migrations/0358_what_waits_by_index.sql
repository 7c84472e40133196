-- The bar of every page costs what waits, and not how many take part: whether a row is seen is asked of the row, or of all
-- at once where they are many, as the planner sees fit; a text from a number of nobody known asks no function of its own.

-- As before (0167).
CREATE OR REPLACE FUNCTION pro.texts_unread(study uuid, sites uuid[])
    RETURNS TABLE (id uuid, urgent boolean, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT i.id, i.urgent, i.received_at
    FROM pro.inbounds AS i
    WHERE i.study_id = study AND i.disposition = 'needs_reading' AND i.read_at IS NULL AND i.participant_id IS NOT NULL
      AND EXISTS (SELECT FROM pro.participant_sites AS s
                  WHERE s.study_id = study AND s.participant_id = i.participant_id AND s.site_id = ANY (sites)
                    AND (s.valid_to IS NULL OR i.recorded_at < s.valid_to))
    UNION ALL
    -- From a number: of whoever uses it now; of nobody, it belongs to the site whose address it came to.
    SELECT i.id, i.urgent, i.received_at
    FROM pro.inbounds AS i
    JOIN pro.lines AS l ON l.study_id = study AND l.id = i.line_id
    JOIN pro.senders AS d ON d.study_id = study AND d.id = l.sender_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS users, bool_or(s.site_id = ANY (sites)) AS seen
        FROM pro.contact_points AS c
        LEFT JOIN pro.participant_sites AS s ON s.study_id = study AND s.participant_id = c.participant_id
                                            AND s.valid_to IS NULL
        WHERE c.study_id = study AND c.blind_index = l.their_index AND c.valid_to IS NULL AND c.wrong_at IS NULL) AS u
    WHERE i.study_id = study AND i.disposition = 'needs_reading' AND i.read_at IS NULL AND i.participant_id IS NULL
      AND CASE WHEN u.users > 0 THEN u.seen
               ELSE cardinality(sites) > 0 AND (d.site_id IS NULL OR d.site_id = ANY (sites)) END
$$;

-- As before (0167).
CREATE OR REPLACE FUNCTION pro.desk_waiting(study uuid) RETURNS TABLE (urgent bigint, texts bigint, warned bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 1 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT (SELECT count(*) FROM pro.alerts AS x
            WHERE x.study_id = study AND x.acted_at IS NULL AND x.severity = 'urgent'
              AND EXISTS (SELECT FROM pro.participant_sites AS s
                          WHERE s.study_id = study AND s.participant_id = x.participant_id AND s.site_id = ANY (sites)
                            AND (s.valid_to IS NULL OR x.recorded_at < s.valid_to))),
           count(*),
           count(*) FILTER (WHERE i.urgent AND NOT EXISTS (
               SELECT FROM pro.alerts AS x
               CROSS JOIN LATERAL pro.desk_sees(study, x.participant_id, x.recorded_at, sites)
               WHERE x.study_id = study AND x.inbound_id = i.id))
    FROM pro.texts_unread(study, sites) AS i;
END
$$;

-- As before (0167).
CREATE OR REPLACE FUNCTION pro.desk_first_alerts(study uuid, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 50 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT a.id, row_number() OVER (ORDER BY a.urgent DESC, a.unseen DESC, a.unassessed DESC, a.raised_at, a.id),
           a.total
    FROM (SELECT x.id, x.raised_at, x.severity = 'urgent' AS urgent, x.seen_at IS NULL AS unseen,
                 NOT EXISTS (SELECT FROM pro.alert_assessments AS w
                             WHERE w.study_id = study AND w.alert_id = x.id) AS unassessed,
                 count(*) OVER () AS total
          FROM pro.alerts AS x
          WHERE x.study_id = study AND x.acted_at IS NULL
            AND EXISTS (SELECT FROM pro.participant_sites AS s
                        WHERE s.study_id = study AND s.participant_id = x.participant_id AND s.site_id = ANY (sites)
                          AND (s.valid_to IS NULL OR x.recorded_at < s.valid_to))
          ORDER BY urgent DESC, unseen DESC, unassessed DESC, x.raised_at, x.id LIMIT most) AS a;
END
$$;

-- As before (0271 and 0313), in plpgsql, which keeps its plan: every page asks both.
CREATE OR REPLACE FUNCTION pro.desk_operator_tasks(study uuid, most_tries integer)
    RETURNS TABLE (kind text, provider text, address text, what text, language text, since timestamptz,
                   broken integer, unknown integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT 'registration', s.provider, s.address, g.key, g.language, g.recorded_at, 0, 0
    FROM pro.registration_gaps AS g
    JOIN pro.senders_in_use AS s ON s.study_id = g.study_id AND s.id = g.sender_id
    WHERE g.study_id = study AND (s.site_id IS NULL OR s.site_id = ANY (sites) OR sites = '{}')
      AND NOT EXISTS (SELECT FROM pro.registered_in_force AS r
                      WHERE r.study_id = g.study_id AND r.sender_id = g.sender_id AND r.key = g.key
                        AND r.language = g.language)
    UNION ALL
    SELECT 'push', p.provider, NULL, p.kind, NULL, p.came_at, p.broken, p.unknown
    FROM pro.provider_pushes AS p
    WHERE p.study_id = study AND p.body_sealed IS NOT NULL AND p.worked_at IS NOT NULL
    UNION ALL
    SELECT 'push', p.provider, NULL, p.kind, NULL, p.came_at, p.broken, p.unknown
    FROM pro.provider_pushes AS p
    WHERE p.study_id = study AND p.body_sealed IS NOT NULL AND p.worked_at IS NULL AND p.tries >= most_tries;
END
$$;
CREATE OR REPLACE FUNCTION pro.own_duties(study uuid) RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT coalesce(array_agg(d.duty), '{}')
        FROM (SELECT DISTINCT ON (e.duty) e.duty, e.held
              FROM pro.staff AS s
              JOIN pro.staff_duties AS e ON e.study_id = s.study_id AND e.staff_id = s.id
              WHERE s.study_id = study AND 'staff:' || s.login = current_setting('pro.actor', true)
              ORDER BY e.duty, e.id DESC) AS d
        WHERE d.held);
END
$$;

-- As before (0140), but those who have answered nothing are found where that is kept, and not among everybody.
CREATE OR REPLACE FUNCTION pro.desk_not_joined(study uuid, most integer)
    RETURNS TABLE (code text, site_id uuid, enrolled_at timestamptz, sent_at timestamptz, state text, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH unheard AS MATERIALIZED (
        -- completed, late, started, unsent, partial: none of these
        SELECT o.participant_id FROM pro.participant_outlooks AS o WHERE o.study_id = study AND o.signs & 707 = 0
        UNION ALL
        SELECT r.participant_id FROM pro.participant_revisions AS r
        WHERE r.study_id = study AND NOT r.kept
          AND NOT EXISTS (SELECT FROM pro.participant_outlooks AS o
                          WHERE o.study_id = study AND o.participant_id = r.participant_id)
    ),
    waiting AS MATERIALIZED (
        SELECT p.id, p.code, p.recorded_at, ps.site_id, f.sent_at, f.state
        FROM unheard AS q
        JOIN pro.participants AS p ON p.study_id = study AND p.id = q.participant_id
        JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = p.id AND ps.valid_to IS NULL
                                        AND ps.site_id = ANY (pro.visible_site_ids())
        CROSS JOIN LATERAL (SELECT one.sent_at, one.state FROM pro.first_texts_of(study, p.id) AS one
                            JOIN pro.contact_points AS n ON n.study_id = study AND n.id = one.contact_id
                            WHERE n.wrong_at IS NULL ORDER BY one.sent_at DESC NULLS LAST LIMIT 1) AS f
        WHERE NOT pro.heard_by_number(study, p.id)
          AND NOT EXISTS (SELECT FROM pro.contact_points AS n
                          WHERE n.study_id = study AND n.participant_id = p.id AND n.valid_to IS NULL
                            AND n.kind = 'phone' AND n.verified_at IS NOT NULL)
          AND (SELECT k.messages FROM pro.present_consent(study, p.id) AS k)
          AND (SELECT s.status FROM pro.statuses AS s
               WHERE s.study_id = study AND s.participant_id = p.id AND s.effective_at <= pro.now()
               ORDER BY s.id DESC LIMIT 1) IN ('screened', 'active', 'paused', 'stopped_treatment')
          AND NOT EXISTS (SELECT FROM pro.latest_events(study, p.id) AS e
                          WHERE e.kind = 'death' AND e.occurred_at IS NOT NULL)
    )
    SELECT w.code, w.site_id, w.recorded_at, w.sent_at, w.state, count(*) OVER ()
    FROM waiting AS w ORDER BY w.recorded_at DESC, w.code LIMIT most
$$;

-- As before (0169), each of its parts by an index: what has begun apart from what is scored before it does, and who changed
-- since they were counted by their mark (0314).
CREATE OR REPLACE FUNCTION pro.figures_besides(study uuid, sites uuid[], place uuid, skipped uuid[], stale uuid[],
                                    untils timestamptz[], items jsonb, at timestamptz)
    RETURNS TABLE (definition text, site_id uuid, signs integer, helped boolean, times integer)
    LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (SELECT * FROM pro.desk_seen(study, sites, place))
    SELECT k.definition, s.site_id,
           pro.signs_at(at, k.begins_at, k.closes_at, k.signs_before, k.signs_within, k.signs_after), k.helped, 1
    FROM pro.visit_outlooks AS k JOIN seen AS s ON s.participant_id = k.participant_id
    WHERE k.study_id = study AND NOT k.settled AND k.begins_at <= at AND k.participant_id <> ALL (skipped)
    UNION ALL
    SELECT k.definition, s.site_id, k.signs_before, k.helped, 1
    FROM pro.visit_outlooks AS k JOIN seen AS s ON s.participant_id = k.participant_id
    WHERE k.study_id = study AND NOT k.settled AND k.begins_at > at AND k.closes_at > at AND k.signs_before & 8192 <> 0
      AND k.participant_id <> ALL (skipped)
    UNION ALL
    SELECT k.definition, s.site_id, k.signs_after, k.helped, 1
    FROM seen AS s
    JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = s.participant_id
                                      AND o.counted_at IS DISTINCT FROM s.site_id
    JOIN pro.visit_outlooks AS k ON k.study_id = study AND k.participant_id = o.participant_id AND k.settled
    WHERE s.participant_id <> ALL (skipped)
    UNION ALL
    SELECT v.definition, s.site_id,
           pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after),
           v.visit_id IN (SELECT h.visit_id FROM pro.helped_assessments(study, stale) AS h), 1
    FROM pro.outlooks_of(study, stale, untils, items, at) AS v JOIN seen AS s ON s.participant_id = v.participant_id
    WHERE cardinality(stale) > 0
    UNION ALL
    SELECT k.definition, o.counted_at, k.signs_after, k.helped, -1
    FROM pro.not_kept(study, at) AS n (id)
    JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = n.id
    JOIN pro.visit_outlooks AS k ON k.study_id = study AND k.participant_id = o.participant_id AND k.settled
    WHERE o.counted_at = ANY (sites) AND (place IS NULL OR o.counted_at = place)
$$;

-- As before (0165), by the index of what is held in the clinic (0357).
CREATE OR REPLACE FUNCTION pro.coming_to_clinic(study uuid, clinic jsonb, at timestamptz)
    RETURNS TABLE (kind text, of_id uuid, participant_id uuid, due_at timestamptz)
    LANGUAGE sql STABLE AS $$
    WITH held AS MATERIALIZED (SELECT (x.pair ->> 0)::uuid AS version_id, x.pair ->> 1 AS definition
                               FROM jsonb_array_elements(clinic) AS x (pair)),
    soon AS MATERIALIZED (
        SELECT v.id, v.participant_id, v.definition, v.target_on
        FROM pro.visits AS v
        WHERE v.study_id = study AND v.definition = ANY (ARRAY(SELECT d.definition FROM held AS d))
          AND v.superseded_at IS NULL AND v.attended_on IS NULL AND v.closes_at > at
          -- Wherever they live their seven days are among these.
          AND v.target_on BETWEEN at::date - 1 AND at::date + 8
    )
    SELECT 'clinic', v.id, p.id, v.target_on::timestamp AT TIME ZONE p.zone
    FROM soon AS v
    JOIN pro.participants AS p ON p.study_id = study AND p.id = v.participant_id
    WHERE v.target_on - (at AT TIME ZONE p.zone)::date BETWEEN 0 AND 6
      AND EXISTS (SELECT FROM held AS d WHERE d.version_id = p.protocol_version_id AND d.definition = v.definition)
    UNION ALL
    SELECT 'planned', e.id, p.id, e.planned_on::timestamp AT TIME ZONE p.zone
    FROM pro.planned_soon(study) AS e
    JOIN pro.participants AS p ON p.study_id = study AND p.id = e.participant_id
    WHERE e.planned_on - (at AT TIME ZONE p.zone)::date BETWEEN 0 AND 6
      AND NOT EXISTS (SELECT FROM pro.visits AS v
                      JOIN held AS d ON d.version_id = p.protocol_version_id AND d.definition = v.definition
                      WHERE v.study_id = study AND v.participant_id = p.id AND v.superseded_at IS NULL
                        AND v.closes_at > at AND v.target_on = e.planned_on)
$$;

-- As before (0316).
CREATE OR REPLACE FUNCTION pro.desk_week(study uuid, until timestamptz, longest interval, clinic jsonb, unasked text[],
                              unseen text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, zone text, protocol_version_id uuid, definition text,
                   occurrence integer, opens_at timestamptz, closes_at timestamptz, target_on date, owes boolean,
                   total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    stale record;
BEGIN
    SELECT * INTO stale FROM pro.desk_stale(study, sites, NULL, at, 2147483647);
    RETURN QUERY
    WITH told AS MATERIALIZED (
        SELECT x.kind, x.of_id, x.due_at, p.id, p.code, p.zone, p.protocol_version_id, p.site_id
        FROM (SELECT CASE WHEN w.opens_at > at THEN 'opens' ELSE 'closes' END AS kind, w.visit_id AS of_id,
                     w.participant_id, CASE WHEN w.opens_at > at THEN w.opens_at ELSE w.closes_at END AS due_at,
                     unasked AS stopped
              FROM pro.windows_ahead(study, stale.who, at, until) AS w
              WHERE w.opens_at > at OR w.owes AND w.closes_at <= until
              UNION ALL
              SELECT c.kind, c.of_id, c.participant_id, c.due_at, unseen
              FROM pro.coming_to_clinic(study, clinic, at) AS c) AS x
        -- Everybody at once: the planner takes those who are told of for few, and would look each up.
        JOIN (SELECT q.id, q.code, q.zone, q.protocol_version_id, s.site_id
              FROM pro.participant_sites AS s
              JOIN pro.participants AS q ON q.study_id = study AND q.id = s.participant_id
              WHERE s.study_id = study AND s.valid_to IS NULL AND s.site_id = ANY (sites)
              OFFSET 0) AS p ON p.id = x.participant_id
        JOIN pro.desk_standings(study, stale.who, stale.who, stale.untils, at) AS t ON t.participant_id = x.participant_id
        WHERE t.status <> ALL (x.stopped)
    )
    SELECT f.kind, f.code, f.site_id, f.zone, f.protocol_version_id, coalesce(v.definition, e.kind),
           coalesce(v.occurrence, e.ordinal), coalesce(v.opens_at, at), coalesce(v.closes_at, at),
           coalesce(v.target_on, e.planned_on), f.kind IN ('closes', 'opens') OR pro.owes_answers(study, f.id, at),
           k.total
    FROM (SELECT t.kind, count(*) AS total FROM told AS t GROUP BY t.kind) AS k
    CROSS JOIN LATERAL (SELECT t.* FROM told AS t WHERE t.kind = k.kind ORDER BY t.due_at, t.code LIMIT most) AS f
    -- Looked up one by one: the planner does not know how few of the told are shown.
    LEFT JOIN LATERAL (SELECT x.* FROM pro.visits AS x WHERE x.study_id = study AND x.id = f.of_id LIMIT 1) AS v ON true
    LEFT JOIN LATERAL (SELECT x.* FROM pro.events AS x WHERE x.study_id = study AND x.id = f.of_id LIMIT 1) AS e ON true
    ORDER BY f.kind, f.due_at, f.code;
END
$$;
