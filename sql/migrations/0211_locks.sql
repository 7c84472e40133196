-- Locks (rule R14) bind values for analysis, and nothing else: alerts, calls, opt-outs, statuses and texts go on. A lock
-- names the visits it holds, each with the instant since when. What is recorded of such a visit later is stored like
-- everything else, judged for alerts and answered, and is not of the analysis record while the lock holds: that is
-- decided in one place, pro.analysable_visits, through which exports and signatures read.
CREATE TABLE pro.locks (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('visit', 'participant', 'site', 'study')),
    site_id uuid,
    participant_id uuid,
    visit_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id),
    CHECK ((scope = 'site') = (site_id IS NOT NULL)),
    CHECK ((scope IN ('visit', 'participant')) = (participant_id IS NOT NULL)),
    CHECK ((scope = 'visit') = (visit_id IS NOT NULL)),
    -- Words about a participant are a note.
    CHECK (participant_id IS NULL OR reason ~ '^note:')
);
CREATE TABLE pro.locked_visits (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    lock_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    locked_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, lock_id, visit_id),
    FOREIGN KEY (study_id, lock_id) REFERENCES pro.locks (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
COMMENT ON COLUMN pro.locked_visits.locked_at IS 'Study time: what was recorded of the visit later is held apart.';
CREATE INDEX locked_visits_of_participant ON pro.locked_visits (study_id, participant_id);

-- Unlocking is signed, with a name as it is to be printed. That of a site or a study is asked for by one person and
-- done by another (R15).
CREATE TABLE pro.lock_lifts (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    lock_id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('asked', 'lifted')),
    printed_name text NOT NULL CHECK (printed_name <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, lock_id) REFERENCES pro.locks (study_id, id)
);
CREATE UNIQUE INDEX lifted_once ON pro.lock_lifts (study_id, lock_id) WHERE step = 'lifted';
CREATE INDEX lifts_of_lock ON pro.lock_lifts (study_id, lock_id);

SELECT pro.audit_table('locks', updatable => false, columns => ARRAY['study_id', 'id', 'scope', 'site_id',
    'participant_id', 'visit_id', 'recorded_at', 'actor', 'reason']);
SELECT pro.audit_table('locked_visits', updatable => false, columns => ARRAY['study_id', 'id', 'lock_id',
    'participant_id', 'visit_id', 'locked_at', 'actor']);
SELECT pro.audit_table('lock_lifts', updatable => false, columns => ARRAY['study_id', 'id', 'lock_id', 'step',
    'printed_name', 'recorded_at', 'actor', 'reason']);

-- Whether a lock is about what is seen, whole, from the sites set for the transaction.
CREATE FUNCTION pro.desk_may_lock(study uuid, site uuid, participant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN participant IS NOT NULL THEN pro.desk_may_write(study, participant)
                WHEN site IS NOT NULL THEN site = ANY (pro.visible_site_ids())
                ELSE NOT EXISTS (SELECT FROM pro.sites AS y
                                 WHERE y.study_id = study AND NOT y.id = ANY (pro.visible_site_ids())) END
$$;
REVOKE ALL ON FUNCTION pro.desk_may_lock(uuid, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_may_lock(uuid, uuid, uuid) TO pro_clerk, pro_desk;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['locks', 'locked_visits', 'lock_lifts'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_operator, pro_clerk, pro_desk', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_operator, pro_clerk', guarded);
    END LOOP;
END
$$;
-- A lock of the whole study is seen from every site; those of other sites and of others' participants are not.
CREATE POLICY desk ON pro.locks FOR SELECT TO pro_desk USING (
    scope = 'study' OR site_id = ANY (pro.visible_site_ids()) OR pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk ON pro.locked_visits FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, locked_at));
CREATE POLICY desk ON pro.lock_lifts FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.locks AS k WHERE k.study_id = lock_lifts.study_id AND k.id = lock_lifts.lock_id));
CREATE POLICY desk_may_lock ON pro.locks FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_lock(study_id, site_id, participant_id));
CREATE POLICY desk_may_lock ON pro.locked_visits FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
CREATE POLICY desk_may_lift ON pro.lock_lifts FOR INSERT TO pro_clerk WITH CHECK (EXISTS (
    SELECT FROM pro.locks AS k WHERE k.study_id = lock_lifts.study_id AND k.id = lock_lifts.lock_id
      AND pro.desk_may_lock(k.study_id, k.site_id, k.participant_id)));

-- What locks hold, each visit from when to when; not lifted: it holds now. The one place that says so.
CREATE VIEW pro.lock_spans WITH (security_invoker = true) AS
SELECT h.study_id, h.participant_id, h.visit_id, h.lock_id, h.locked_at, l.recorded_at AS lifted_at
FROM pro.locked_visits AS h
LEFT JOIN pro.lock_lifts AS l ON l.study_id = h.study_id AND l.lock_id = h.lock_id AND l.step = 'lifted';
GRANT SELECT ON pro.lock_spans TO pro_operator, pro_clerk, pro_desk;

-- The visits of a participant that are of the analysis record as it was known at an instant, each with the instant
-- until which what was recorded of it counts: the one asked for, or that of the first lock that held then. A visit dated
-- anew in the place of one that is held waits for the lock.
CREATE FUNCTION pro.analysable_visits(study uuid, participant uuid, as_of timestamptz)
    RETURNS TABLE (visit_id uuid, until timestamptz)
    LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT k.visit_id, min(k.locked_at) AS locked_at FROM pro.lock_spans AS k
        WHERE k.study_id = study AND k.participant_id = participant AND k.locked_at <= as_of
          AND (k.lifted_at IS NULL OR k.lifted_at > as_of)
        GROUP BY k.visit_id
    )
    SELECT v.id, coalesce(h.locked_at, as_of)
    FROM pro.visits AS v
    LEFT JOIN held AS h ON h.visit_id = v.id
    WHERE v.study_id = study AND v.participant_id = participant AND v.recorded_at <= coalesce(h.locked_at, as_of)
      AND (v.superseded_at IS NULL OR v.superseded_at > coalesce(h.locked_at, as_of))
      AND (h.visit_id IS NOT NULL OR NOT EXISTS (
          SELECT FROM held AS o JOIN pro.visits AS w ON w.study_id = study AND w.id = o.visit_id
          WHERE w.definition = v.definition AND w.occurrence = v.occurrence))
$$;

-- The visits that opened, asked something and are not locked, of one visit, a participant, a site (those who are there now) or, with
-- none of them named, the study. Settled: it closed, and the service has done what closing asks; it can be locked.
CREATE FUNCTION pro.visits_to_lock(study uuid, site uuid, participant uuid, visit uuid)
    RETURNS TABLE (participant_id uuid, code text, visit_id uuid, definition text, occurrence integer, settled boolean)
    LANGUAGE sql STABLE AS $$
    SELECT p.id, p.code, v.id, v.definition, v.occurrence,
           v.closes_at <= pro.now() AND v.chosen_for IS NOT DISTINCT FROM v.closes_at AND NOT EXISTS (
               SELECT FROM pro.assessments AS a
               JOIN pro.attempts AS t ON t.study_id = a.study_id AND t.assessment_id = a.id
               WHERE a.study_id = v.study_id AND a.visit_id = v.id AND a.submitted_at IS NULL
                 AND a.declined_at IS NULL AND a.partial_scored_at IS NULL)
    FROM pro.participants AS p
    JOIN pro.visits AS v ON v.study_id = p.study_id AND v.participant_id = p.id
    WHERE p.study_id = study AND (p.id = participant OR participant IS NULL) AND (v.id = visit OR visit IS NULL)
      AND (site IS NULL OR EXISTS (
          SELECT FROM pro.participant_sites AS s
          WHERE s.study_id = study AND s.participant_id = p.id AND s.site_id = site AND s.valid_to IS NULL))
      AND v.superseded_at IS NULL AND NOT v.provisional AND v.opens_at <= pro.now()
      AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = v.id)
      AND NOT EXISTS (SELECT FROM pro.lock_spans AS k
                      WHERE k.study_id = study AND k.participant_id = p.id AND k.visit_id = v.id
                        AND k.lifted_at IS NULL)
$$;
