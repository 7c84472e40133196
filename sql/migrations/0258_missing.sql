-- Why visits were not answered in their windows and what brought the answers that came: the facts of each, of all at
-- once, and how often each set of facts was met. What they mean the domain says (`why_missing`, `brought_by`).

-- What was done for a visit: texts that asked, which arrived, why the last one that did not go did not.
CREATE FUNCTION pro.texts_for_visits(study uuid)
    RETURNS TABLE (visit_id uuid, texts integer, arrived boolean, held_back text, asked_at timestamptz[])
    LANGUAGE sql STABLE AS $$
    SELECT r.visit_id, count(m.id)::integer,
           coalesce(bool_or(m.state IN ('accepted', 'sent', 'delivered', 'ambiguous', 'unconfirmed')), false),
           (array_agg(r.end_reason ORDER BY r.ordinal DESC)
            FILTER (WHERE m.id IS NULL AND r.end_reason IS NOT NULL))[1],
           array_agg(m.claimed_at ORDER BY m.claimed_at) FILTER (WHERE m.claimed_at IS NOT NULL)
    FROM pro.reminders AS r
    LEFT JOIN pro.messages AS m ON m.study_id = r.study_id AND m.id = r.message_id
    WHERE r.study_id = study
    GROUP BY r.visit_id
$$;

-- The sitting that was sent in first at each visit: how, and when it was begun; and whether anything was begun at all.
CREATE FUNCTION pro.first_sent_at_visits(study uuid)
    RETURNS TABLE (visit_id uuid, mode text, started_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT a.visit_id, (array_agg(t.mode ORDER BY t.submitted_at, t.id) FILTER (WHERE t.submitted_at IS NOT NULL))[1],
           (array_agg(t.started_at ORDER BY t.submitted_at, t.id) FILTER (WHERE t.submitted_at IS NOT NULL))[1]
    FROM pro.attempts AS t
    JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
    WHERE t.study_id = study
    GROUP BY a.visit_id
$$;

-- Of those now at a site of whoever asks, or at one of them: every visit that was expected and has closed, as it is
-- kept by the minute (0099, `settled` and signs), by site, visit and the month in which it closed at the site.
CREATE FUNCTION pro.desk_closed_visits(study uuid, place uuid)
    RETURNS TABLE (site_id uuid, definition text, month date, states integer, in_window boolean, helped boolean,
                   status text, begun boolean, called text, texts integer, arrived boolean, held_back text,
                   mode text, texts_before integer, called_since boolean, visits bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    WITH closed AS MATERIALIZED (
        SELECT k.visit_id, k.participant_id, k.definition, k.closes_at, k.helped, p.site_id, y.zone,
               pro.signs_at(at, k.begins_at, k.closes_at, k.signs_before, k.signs_within, k.signs_after) AS signs
        FROM pro.participant_sites AS p
        JOIN pro.sites AS y ON y.study_id = p.study_id AND y.id = p.site_id
        JOIN pro.visit_outlooks AS k ON k.study_id = p.study_id AND k.participant_id = p.participant_id
        WHERE p.study_id = study AND p.valid_to IS NULL AND p.site_id = ANY (sites)
          AND (place IS NULL OR p.site_id = place) AND (k.settled OR k.closes_at <= at)
    ),
    calls AS (
        SELECT c.visit_id, max(c.closed_at) AS called_at,
               (array_agg(split_part(c.outcome, ':', 1) ORDER BY c.closed_at DESC, c.id DESC))[1] AS called
        FROM pro.call_tasks AS c
        WHERE c.study_id = study AND c.visit_id IS NOT NULL AND c.closed_by LIKE 'staff:%'
        GROUP BY c.visit_id
    ),
    facts AS (
        SELECT c.site_id, c.definition, date_trunc('month', c.closes_at AT TIME ZONE c.zone)::date AS month,
               c.signs & 1023 AS states, c.signs & 2048 <> 0 AS in_window, c.helped, f.mode, f.started_at,
               CASE WHEN c.signs & 2048 = 0 THEN
                   (SELECT x.status FROM pro.statuses AS x
                    WHERE x.study_id = study AND x.participant_id = c.participant_id AND x.effective_at <= c.closes_at
                    ORDER BY x.id DESC LIMIT 1) END AS status,
               f.visit_id IS NOT NULL AS begun, coalesce(l.texts, 0) AS texts, coalesce(l.arrived, false) AS arrived,
               l.held_back, k.called, k.called_at, l.asked_at,
               coalesce((SELECT count(*) FROM unnest(l.asked_at) AS n (at) WHERE n.at <= f.started_at), 0)::integer
                   AS texts_before
        FROM closed AS c
        LEFT JOIN pro.texts_for_visits(study) AS l ON l.visit_id = c.visit_id
        LEFT JOIN pro.first_sent_at_visits(study) AS f ON f.visit_id = c.visit_id
        LEFT JOIN calls AS k ON k.visit_id = c.visit_id
        WHERE c.signs & 1024 <> 0
    )
    SELECT f.site_id, f.definition, f.month, f.states, f.in_window, f.helped, f.status, f.begun,
           CASE WHEN NOT f.in_window THEN f.called END,
           CASE WHEN NOT f.in_window THEN least(f.texts, 1) END, f.arrived AND NOT f.in_window,
           CASE WHEN NOT f.in_window THEN f.held_back END, f.mode,
           CASE WHEN f.mode IS NOT NULL THEN f.texts_before END,
           f.mode IS NOT NULL AND f.called_at <= f.started_at
               AND f.called_at > coalesce(f.asked_at[f.texts_before], '-infinity'),
           count(*)
    FROM facts AS f
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_closed_visits(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_closed_visits(uuid, uuid) TO pro_desk;

-- What went otherwise than the protocol has it, of those now at a site of whoever asks, or at one of them: answers sent
-- after their window, visits moved to another day of it, visits attended outside it, answers typed in more than `days`
-- after they were given, and answers in a way the protocol does not name. The latest `most`, from before one of them on
-- (by instant, id and kind). What was answered is not said.
CREATE FUNCTION pro.desk_deviations(study uuid, place uuid, days integer, before timestamptz, before_id uuid,
                                    before_kind text, most integer)
    RETURNS TABLE (kind text, id uuid, code text, site_id uuid, protocol_version_id uuid, definition text,
                   occurrence integer, instrument text, target text, at timestamptz, said text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    WITH here AS MATERIALIZED (
        SELECT ps.participant_id, ps.site_id, p.code, p.protocol_version_id, p.zone
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = ps.study_id AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
          AND (place IS NULL OR ps.site_id = place)
    ),
    told AS (
        SELECT d.kind, t.id, v.participant_id, v.definition, v.occurrence, a.instrument, a.target, d.at, d.said
        FROM pro.attempts AS t
        JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
        JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
        CROSS JOIN LATERAL (VALUES
            ('late', t.submitted_at, NULL, t.submitted_at >= v.closes_at),
            ('typed_late', t.recorded_at, (t.recorded_at::date - t.started_at::date)::text,
             t.sending_entered_at IS NOT NULL AND t.recorded_at >= t.started_at + days * interval '1 day'),
            ('mode', coalesce(t.sending_entered_at, t.submitted_at), t.apart, t.apart IS NOT NULL)
        ) AS d (kind, at, said, met)
        WHERE t.study_id = study AND t.submitted_at IS NOT NULL AND d.met
        UNION ALL
        SELECT 'moved', m.id, m.participant_id, v.definition, v.occurrence, NULL, NULL, m.recorded_at,
               m.moved_from || ' ' || v.target_on
        FROM pro.visit_moves AS m
        JOIN pro.visits AS v ON v.study_id = m.study_id AND v.id = m.visit_id
        WHERE m.study_id = study
        UNION ALL
        SELECT 'attended', v.id, v.participant_id, v.definition, v.occurrence, NULL, NULL,
               v.attended_on::timestamp AT TIME ZONE h.zone, v.attended_on::text
        FROM pro.visits AS v JOIN here AS h ON h.participant_id = v.participant_id
        WHERE v.study_id = study AND v.superseded_at IS NULL AND v.attended_on IS NOT NULL AND NOT v.provisional
          AND (v.attended_on < (v.opens_at AT TIME ZONE h.zone)::date
               OR v.attended_on::timestamp AT TIME ZONE h.zone >= v.closes_at)
    )
    SELECT t.kind, t.id, h.code, h.site_id, h.protocol_version_id, t.definition, t.occurrence, t.instrument, t.target,
           t.at, t.said
    FROM told AS t JOIN here AS h ON h.participant_id = t.participant_id
    WHERE before IS NULL OR (t.at, t.id, t.kind) < (before, before_id, before_kind)
    ORDER BY t.at DESC, t.id DESC, t.kind DESC LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_deviations(uuid, uuid, integer, timestamptz, uuid, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_deviations(uuid, uuid, integer, timestamptz, uuid, text, integer) TO pro_desk;
