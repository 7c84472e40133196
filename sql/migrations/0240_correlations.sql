-- Scores set beside measures: whose, and which runs of `correlate` there were (R20). What was looked at is as much part
-- of the record as what was found: somebody who looks often enough finds something.

-- Whoever there was at an instant and did not withdraw the use of their data.
CREATE FUNCTION pro.people_beside(study uuid, as_of timestamptz)
    RETURNS TABLE (id uuid, code text, zone text, protocol_version_id uuid, treated_knees text[], site text)
    LANGUAGE sql STABLE AS $$
    SELECT p.id, p.code, p.zone, p.protocol_version_id, p.treated_knees, y.code
    FROM pro.participants AS p
    JOIN pro.participant_sites AS ps
      ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
    JOIN pro.sites AS y ON y.study_id = ps.study_id AND y.id = ps.site_id
    WHERE p.study_id = study AND p.recorded_at <= as_of
      AND NOT EXISTS (SELECT FROM pro.statuses AS w
                      WHERE w.study_id = study AND w.participant_id = p.id AND w.status = 'withdrew_data_use'
                        AND w.effective_at <= as_of AND w.recorded_at <= as_of)
$$;

-- Of these the ones at the seat's sites whose scores it may see.
CREATE FUNCTION pro.people_beside_seen(study uuid, as_of timestamptz)
    RETURNS TABLE (id uuid, code text, zone text, protocol_version_id uuid, treated_knees text[], site text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.id, b.code, b.zone, b.protocol_version_id, b.treated_knees, b.site
    FROM pro.people_beside(study, as_of) AS b
    JOIN pro.sites AS y ON y.study_id = study AND y.code = b.site
    WHERE y.id = ANY (pro.visible_site_ids()) AND pro.desk_may_read_scores(study, b.id, as_of)
$$;
REVOKE ALL ON FUNCTION pro.people_beside_seen(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.people_beside_seen(uuid, timestamptz) TO pro_desk;

-- One scale of every sitting of these participants there was at an instant: visits as `analysable_visits` has them,
-- scores as `standing_scores` has them. Which sitting counts is decided by who reads.
CREATE FUNCTION pro.scores_beside(study uuid, people uuid[], wanted_instrument text, wanted_scale text, as_of timestamptz)
    RETURNS TABLE (participant_id uuid, assessment_id uuid, target text, definition text, occurrence integer,
                   opens_at timestamptz, closes_at timestamptz, answered_at timestamptz, sittings integer, chosen boolean,
                   apart boolean, mode text, respondent text, basis text, raw numeric, normalised numeric)
    LANGUAGE sql STABLE AS $$
    WITH asked AS MATERIALIZED (
        SELECT v.participant_id, a.id, a.target, v.definition, v.occurrence, v.opens_at, i.until,
               CASE WHEN m.id IS NULL THEN v.closes_at ELSE m.closes_at END AS closes_at
        FROM unnest(people) AS p (id)
        CROSS JOIN LATERAL pro.analysable_visits(study, p.id, as_of) AS i
        JOIN pro.visits AS v ON v.study_id = study AND v.id = i.visit_id
        JOIN pro.assessments AS a
          ON a.study_id = study AND a.visit_id = v.id AND a.instrument = wanted_instrument AND a.recorded_at <= i.until
        LEFT JOIN LATERAL (
            SELECT c.id, c.closes_at FROM pro.visit_closings AS c
            WHERE c.study_id = study AND c.visit_id = v.id AND c.recorded_at > i.until
            ORDER BY c.id LIMIT 1) AS m ON true
    )
    SELECT q.participant_id, q.id, q.target, q.definition, q.occurrence, q.opens_at, q.closes_at,
           coalesce(n.answered_at, t.submitted_at), (count(*) OVER (PARTITION BY q.id))::integer,
           c.attempt_id IS NOT NULL, t.apart IS NOT NULL, t.mode, t.respondent, s.basis, s.raw, s.normalised
    FROM asked AS q
    JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = q.id AND t.recorded_at <= q.until
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = study AND c.assessment_id = q.id AND c.attempt_id = t.id AND c.recorded_at <= q.until
 AND c.closes_at = q.closes_at
    LEFT JOIN LATERAL (
        SELECT max(r.answered_at) AS answered_at FROM pro.responses AS r
        WHERE r.study_id = study AND r.attempt_id = t.id AND r.recorded_at <= q.until
          AND r.reason IS DISTINCT FROM 'overtaken') AS n ON true
    LEFT JOIN LATERAL (
        SELECT x.basis, x.raw, x.normalised FROM pro.standing_scores(study, q.until) AS x
        WHERE x.assessment_id = q.id AND x.attempt_id = t.id AND x.scale = wanted_scale
        ORDER BY array_position(ARRAY['complete', 'unsent', 'partial'], x.basis) LIMIT 1) AS s ON true
$$;

CREATE FUNCTION pro.scores_beside_seen(study uuid, wanted_instrument text, wanted_scale text, as_of timestamptz)
    RETURNS TABLE (participant_id uuid, assessment_id uuid, target text, definition text, occurrence integer,
                   opens_at timestamptz, closes_at timestamptz, answered_at timestamptz, sittings integer, chosen boolean,
                   apart boolean, mode text, respondent text, basis text, raw numeric, normalised numeric)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.* FROM pro.scores_beside(
        study, ARRAY(SELECT b.id FROM pro.people_beside_seen(study, as_of) AS b), wanted_instrument, wanted_scale,
        as_of) AS s
$$;
REVOKE ALL ON FUNCTION pro.scores_beside_seen(uuid, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.scores_beside_seen(uuid, text, text, timestamptz) TO pro_desk;

CREATE TABLE pro.correlation_runs (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    instrument text NOT NULL,
    scale text NOT NULL,
    measure text NOT NULL,
    region text,
    layer text,
    visit text,
    within_days integer NOT NULL CHECK (within_days >= 0),
    planned text[] NOT NULL,
    ground text NOT NULL CHECK (ground IN ('nobodys', 'look', 'cut')),
    ground_name text NOT NULL,
    as_of timestamptz NOT NULL,
    seed integer NOT NULL,
    replicates integer NOT NULL,
    participants integer NOT NULL,
    pairs integer NOT NULL,
    pairs_sha256 text NOT NULL CHECK (pairs_sha256 ~ '^[0-9a-f]{64}$'),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, number)
);
COMMENT ON COLUMN pro.correlation_runs.number IS 'Which run of the study it was, whoever asked: from 1 on.';
COMMENT ON COLUMN pro.correlation_runs.visit IS 'The analysis visit asked for, beside what goes over time. Empty: none.';
COMMENT ON COLUMN pro.correlation_runs.within_days IS 'How far score and measure may lie apart.';
COMMENT ON COLUMN pro.correlation_runs.planned IS 'Ids of the correlations of the analysis plan that it answers; none: exploratory.';
COMMENT ON COLUMN pro.correlation_runs.ground IS 'Why groups might be looked at: nobody''s data, a look of the plan, a cut.';
COMMENT ON COLUMN pro.correlation_runs.pairs_sha256 IS 'Of the pairs as the CSV file has them.';

ALTER TABLE pro.correlation_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.correlation_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.correlation_runs TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY clerk_reads ON pro.correlation_runs FOR SELECT TO pro_clerk USING (true);
-- That somebody looked, and at what, is for whoever works in the study to know; what they saw is not kept here.
CREATE POLICY desk ON pro.correlation_runs FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.sites AS y WHERE y.study_id = correlation_runs.study_id AND y.id = ANY (pro.visible_site_ids())));
CREATE POLICY desk_may_make ON pro.correlation_runs FOR INSERT TO pro_clerk WITH CHECK (EXISTS (
    SELECT FROM pro.sites AS y WHERE y.study_id = correlation_runs.study_id AND y.id = ANY (pro.visible_site_ids())));
GRANT SELECT ON pro.correlation_runs TO pro_operator, pro_clerk, pro_desk;
GRANT INSERT ON pro.correlation_runs TO pro_operator, pro_clerk;

SELECT pro.audit_table('correlation_runs', updatable => false, columns => ARRAY['study_id', 'id', 'number',
    'instrument', 'scale', 'measure', 'region', 'layer', 'visit', 'within_days', 'planned', 'ground', 'ground_name', 'as_of',
    'seed', 'replicates', 'participants', 'pairs', 'pairs_sha256', 'recorded_at', 'actor']);

-- The number of the run that comes next; whoever asks at the same time waits for it.
CREATE FUNCTION pro.next_correlation_run(study uuid) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7024, hashtext(study::text));
    RETURN (SELECT coalesce(max(r.number), 0) + 1 FROM pro.correlation_runs AS r WHERE r.study_id = study);
END
$$;
