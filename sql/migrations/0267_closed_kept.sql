-- Why visits were not answered and what brought the answers that came, at the size of a whole study: the facts of each
-- settled visit are kept with what else of it time alone does not change (0099), and counted, so that a page reads how
-- often each set of facts was met, and no text and no sitting of the whole study.
CREATE TABLE pro.closed_visits (
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    site_id uuid NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (study_id, participant_id, visit_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON TABLE pro.closed_visits IS
    'Derived, and made again at any time: what is known of each settled visit that was expected, never what was answered.';
CREATE TABLE pro.closed_counts (
    study_id uuid NOT NULL,
    site_id uuid NOT NULL,
    facts jsonb NOT NULL,
    visits bigint NOT NULL,
    PRIMARY KEY (study_id, site_id, facts),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id)
);
COMMENT ON TABLE pro.closed_counts IS 'Derived, and emptied with them: the kept closed visits, counted by their facts.';
GRANT SELECT, INSERT, DELETE ON pro.closed_visits TO pro_worker;
GRANT UPDATE (site_id, facts) ON pro.closed_visits TO pro_worker;
GRANT SELECT, INSERT ON pro.closed_counts TO pro_worker;
GRANT UPDATE (visits) ON pro.closed_counts TO pro_worker;

-- What was done for the visits of some, as before (0258) of everybody: texts that asked, which arrived, why the last one
-- that did not go did not.
CREATE FUNCTION pro.texts_for_visits(study uuid, who uuid[])
    RETURNS TABLE (visit_id uuid, texts integer, arrived boolean, held_back text, asked_at timestamptz[])
    LANGUAGE sql STABLE AS $$
    SELECT r.visit_id, count(m.id)::integer,
           coalesce(bool_or(m.state IN ('accepted', 'sent', 'delivered', 'ambiguous', 'unconfirmed')), false),
           (array_agg(r.end_reason ORDER BY r.ordinal DESC)
            FILTER (WHERE m.id IS NULL AND r.end_reason IS NOT NULL))[1],
           array_agg(m.claimed_at ORDER BY m.claimed_at) FILTER (WHERE m.claimed_at IS NOT NULL)
    FROM pro.reminders AS r
    LEFT JOIN pro.messages AS m ON m.study_id = r.study_id AND m.id = r.message_id
    WHERE r.study_id = study AND r.participant_id = ANY (who)
    GROUP BY r.visit_id
$$;
CREATE FUNCTION pro.first_sent_at_visits(study uuid, who uuid[])
    RETURNS TABLE (visit_id uuid, mode text, started_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT a.visit_id, (array_agg(t.mode ORDER BY t.submitted_at, t.id) FILTER (WHERE t.submitted_at IS NOT NULL))[1],
           (array_agg(t.started_at ORDER BY t.submitted_at, t.id) FILTER (WHERE t.submitted_at IS NOT NULL))[1]
    FROM pro.attempts AS t
    JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
    WHERE t.study_id = study AND t.participant_id = ANY (who)
    GROUP BY a.visit_id
$$;
-- Calls of staff about visits: the last one and what came of it.
CREATE FUNCTION pro.calls_for_visits(study uuid, who uuid[])
    RETURNS TABLE (visit_id uuid, called_at timestamptz, called text)
    LANGUAGE sql STABLE AS $$
    SELECT c.visit_id, max(c.closed_at),
           (array_agg(split_part(c.outcome, ':', 1) ORDER BY c.closed_at DESC, c.id DESC))[1]
    FROM pro.call_tasks AS c
    WHERE c.study_id = study AND c.participant_id = ANY (who) AND c.visit_id IS NOT NULL AND c.closed_by LIKE 'staff:%'
    GROUP BY c.visit_id
$$;

-- The facts of visits of these participants that were expected and have closed, where they are now; the month is that
-- in which a visit closed at the site.
CREATE FUNCTION pro.closed_facts_of(study uuid, who uuid[], at timestamptz)
    RETURNS TABLE (participant_id uuid, visit_id uuid, site_id uuid, facts jsonb, settled boolean)
    LANGUAGE sql STABLE AS $$
    WITH closed AS MATERIALIZED (
        SELECT k.visit_id, k.participant_id, k.definition, k.closes_at, k.helped, k.settled, p.site_id, y.zone, s.signs
        FROM pro.visit_outlooks AS k
        CROSS JOIN LATERAL (SELECT pro.signs_at(at, k.begins_at, k.closes_at, k.signs_before, k.signs_within,
                                                k.signs_after) AS signs) AS s
        JOIN pro.participant_sites AS p ON p.study_id = study AND p.participant_id = k.participant_id
                                       AND p.valid_to IS NULL
        JOIN pro.sites AS y ON y.study_id = study AND y.id = p.site_id
        WHERE k.study_id = study AND k.participant_id = ANY (who) AND (k.settled OR k.closes_at <= at)
          AND s.signs & 1024 <> 0
    ),
    told AS (
        SELECT c.*, c.signs & 2048 <> 0 AS in_window, f.mode, f.started_at, f.visit_id IS NOT NULL AS begun,
               coalesce(l.texts, 0) AS texts, coalesce(l.arrived, false) AS arrived, l.held_back, l.asked_at, k.called,
               k.called_at,
               (SELECT count(*) FROM unnest(l.asked_at) AS n (at) WHERE n.at <= f.started_at)::integer AS texts_before,
               CASE WHEN c.signs & 2048 = 0 THEN
                   (SELECT x.status FROM pro.statuses AS x
                    WHERE x.study_id = study AND x.participant_id = c.participant_id AND x.effective_at <= c.closes_at
                    ORDER BY x.id DESC LIMIT 1) END AS status
        FROM closed AS c
        LEFT JOIN pro.texts_for_visits(study, who) AS l ON l.visit_id = c.visit_id
        LEFT JOIN pro.first_sent_at_visits(study, who) AS f ON f.visit_id = c.visit_id
        LEFT JOIN pro.calls_for_visits(study, who) AS k ON k.visit_id = c.visit_id
    )
    SELECT t.participant_id, t.visit_id, t.site_id, jsonb_strip_nulls(jsonb_build_object(
               'definition', t.definition, 'month', date_trunc('month', t.closes_at AT TIME ZONE t.zone)::date,
               'states', t.signs & 1023, 'in_window', t.in_window, 'helped', t.helped, 'status', t.status,
               'begun', t.begun, 'called', CASE WHEN NOT t.in_window THEN t.called END,
               'texts', CASE WHEN NOT t.in_window THEN least(t.texts, 1) END,
               'arrived', t.arrived AND NOT t.in_window,
               'held_back', CASE WHEN NOT t.in_window THEN t.held_back END, 'mode', t.mode,
               'texts_before', CASE WHEN t.mode IS NOT NULL THEN t.texts_before END,
               'called_since', t.mode IS NOT NULL AND t.called_at <= t.started_at
                   AND t.called_at > coalesce(t.asked_at[t.texts_before], '-infinity'))),
           t.settled
    FROM told AS t
$$;

-- Keep and count the settled visits of some as they are now: what is as it was is not touched.
CREATE FUNCTION pro.keep_closed(study uuid, who uuid[]) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS MATERIALIZED (
        SELECT m.participant_id, m.visit_id, m.site_id, m.facts
        FROM pro.closed_facts_of(study, who, pro.now()) AS m WHERE m.settled
    ),
    held AS MATERIALIZED (
        SELECT v.* FROM pro.closed_visits AS v WHERE v.study_id = study AND v.participant_id = ANY (who)
    ),
    gone AS (
        DELETE FROM pro.closed_visits AS v
        WHERE v.study_id = study AND v.participant_id = ANY (who)
          AND NOT EXISTS (SELECT FROM made AS m
                          WHERE m.participant_id = v.participant_id AND m.visit_id = v.visit_id)
    ),
    stored AS (
        INSERT INTO pro.closed_visits AS v (study_id, participant_id, visit_id, site_id, facts)
        SELECT study, m.* FROM made AS m
        ON CONFLICT (study_id, participant_id, visit_id) DO UPDATE SET site_id = excluded.site_id, facts = excluded.facts
        WHERE (v.site_id, v.facts) IS DISTINCT FROM (excluded.site_id, excluded.facts)
    )
    INSERT INTO pro.closed_counts AS c (study_id, site_id, facts, visits)
    SELECT study, x.site_id, x.facts, sum(x.times)
    FROM (SELECT h.site_id, h.facts, -1 AS times FROM held AS h
          UNION ALL SELECT m.site_id, m.facts, 1 FROM made AS m) AS x
    GROUP BY x.site_id, x.facts HAVING sum(x.times) <> 0
    ON CONFLICT (study_id, site_id, facts) DO UPDATE SET visits = c.visits + excluded.visits
$$;
REVOKE ALL ON FUNCTION pro.keep_closed(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.keep_closed(uuid, uuid[]) TO pro_worker;

-- As before (0169), and why each was missed with it, once they are counted anew.
CREATE OR REPLACE FUNCTION pro.count_settled(study uuid, who uuid[], times integer) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.figure_counts AS c
    SELECT study, o.counted_at, k.definition, times * count(*) FILTER (WHERE k.signs_after & 2048 <> 0),
           times * count(*) FILTER (WHERE k.signs_after & 2048 <> 0 AND k.helped),
           times * count(*) FILTER (WHERE k.signs_after & 1024 <> 0),
           times * count(*) FILTER (WHERE k.signs_after & 4096 <> 0),
           times * count(*) FILTER (WHERE k.signs_after & 8192 <> 0)
    FROM pro.participant_outlooks AS o
    JOIN pro.visit_outlooks AS k ON k.study_id = study AND k.participant_id = o.participant_id AND k.settled
    WHERE o.study_id = study AND o.participant_id = ANY (who) AND o.counted_at IS NOT NULL
    GROUP BY o.counted_at, k.definition
    ON CONFLICT (study_id, site_id, definition) DO UPDATE
    SET completed_in_window = c.completed_in_window + excluded.completed_in_window, helped = c.helped + excluded.helped,
        expected_and_closed = c.expected_and_closed + excluded.expected_and_closed,
        unsent = c.unsent + excluded.unsent, scorable = c.scorable + excluded.scorable;
    SELECT pro.keep_closed(study, who) WHERE times > 0;
$$;

-- As before (0258), from what is counted, and of visits that closed since the worker came by from what is kept of them.
CREATE OR REPLACE FUNCTION pro.desk_closed_visits(study uuid, place uuid)
    RETURNS TABLE (site_id uuid, definition text, month date, states integer, in_window boolean, helped boolean,
                   status text, begun boolean, called text, texts integer, arrived boolean, held_back text,
                   mode text, texts_before integer, called_since boolean, visits bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    fresh uuid[];
BEGIN
    SELECT coalesce(array_agg(DISTINCT k.participant_id), '{}') INTO fresh
    FROM pro.visit_outlooks AS k
    WHERE k.study_id = study AND NOT k.settled AND k.begins_at <= at AND k.closes_at <= at;
    RETURN QUERY
    SELECT x.site_id, f.definition, f.month, f.states, f.in_window, f.helped, f.status, f.begun, f.called, f.texts,
           f.arrived, f.held_back, f.mode, f.texts_before, f.called_since, sum(x.visits)::bigint
    FROM (SELECT c.site_id, c.facts, c.visits FROM pro.closed_counts AS c WHERE c.study_id = study
          UNION ALL
          SELECT n.site_id, n.facts, 1 FROM pro.closed_facts_of(study, fresh, at) AS n
          WHERE cardinality(fresh) > 0 AND NOT n.settled) AS x
    CROSS JOIN LATERAL jsonb_to_record(x.facts) AS f (definition text, month date, states integer, in_window boolean,
        helped boolean, status text, begun boolean, called text, texts integer, arrived boolean, held_back text,
        mode text, texts_before integer, called_since boolean)
    WHERE x.site_id = ANY (sites) AND (place IS NULL OR x.site_id = place)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 HAVING sum(x.visits) > 0;
END
$$;
DROP FUNCTION pro.texts_for_visits(uuid);
DROP FUNCTION pro.first_sent_at_visits(uuid);

-- What is kept already is counted.
SELECT pro.keep_closed(y.id, (SELECT array_agg(o.participant_id) FROM pro.participant_outlooks AS o
                              WHERE o.study_id = y.id))
FROM pro.studies AS y;
