-- The log of deviations at the size of a whole study: what went otherwise is kept with what else is kept of a participant
-- (0314), for it changes by what is written alone; a page reads its rows in their order, and of those who are not kept
-- as they are now asks the record.
CREATE TABLE pro.deviations (
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    definition text NOT NULL,
    occurrence integer NOT NULL,
    instrument text,
    target text,
    at timestamptz NOT NULL,
    said text,
    late_by interval,
    PRIMARY KEY (study_id, participant_id, id, kind),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON TABLE pro.deviations IS
    'Derived, and made again at any time: what went otherwise than the protocol has it, never what was answered.';
COMMENT ON COLUMN pro.deviations.id IS 'The sitting, the move or the visit.';
COMMENT ON COLUMN pro.deviations.late_by IS 'Of what was typed in: how long after it was given.';
CREATE INDEX deviations_latest ON pro.deviations (study_id, at, id, kind);

-- What went otherwise with these participants (0258): answers sent after their window, typed in a day or more after they
-- were given, or given in a way the protocol does not name; visits moved to another day, or attended outside their window.
CREATE FUNCTION pro.deviations_of(study uuid, who uuid[])
    RETURNS TABLE (participant_id uuid, id uuid, kind text, definition text, occurrence integer, instrument text,
                   target text, at timestamptz, said text, late_by interval)
    LANGUAGE sql STABLE AS $$
    SELECT t.participant_id, t.id, d.kind, v.definition, v.occurrence, a.instrument, a.target, d.at, d.said, d.late_by
    FROM pro.attempts AS t
    JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    CROSS JOIN LATERAL (VALUES
        ('late', t.submitted_at, NULL, NULL::interval, t.submitted_at >= v.closes_at),
        ('typed_late', t.recorded_at, (t.recorded_at::date - t.started_at::date)::text, t.recorded_at - t.started_at,
         t.sending_entered_at IS NOT NULL AND t.recorded_at >= t.started_at + interval '1 day'),
        ('mode', coalesce(t.sending_entered_at, t.submitted_at), t.apart, NULL, t.apart IS NOT NULL)
    ) AS d (kind, at, said, late_by, met)
    WHERE t.study_id = study AND t.participant_id = ANY (who) AND t.submitted_at IS NOT NULL AND d.met
    UNION ALL
    SELECT m.participant_id, m.id, 'moved', v.definition, v.occurrence, NULL, NULL, m.recorded_at,
           m.moved_from || ' ' || v.target_on, NULL
    FROM pro.visit_moves AS m
    JOIN pro.visits AS v ON v.study_id = m.study_id AND v.id = m.visit_id
    WHERE m.study_id = study AND m.participant_id = ANY (who)
    UNION ALL
    SELECT v.participant_id, v.id, 'attended', v.definition, v.occurrence, NULL, NULL,
           v.attended_on::timestamp AT TIME ZONE p.zone, v.attended_on::text, NULL
    FROM pro.visits AS v JOIN pro.participants AS p ON p.study_id = v.study_id AND p.id = v.participant_id
    WHERE v.study_id = study AND v.participant_id = ANY (who) AND v.superseded_at IS NULL
      AND v.attended_on IS NOT NULL AND NOT v.provisional
      AND (v.attended_on < (v.opens_at AT TIME ZONE p.zone)::date
           OR v.attended_on::timestamp AT TIME ZONE p.zone >= v.closes_at)
$$;

-- Keep what went otherwise with these participants as it is now: what is as it was is not touched.
CREATE FUNCTION pro.keep_deviations(study uuid, who uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS MATERIALIZED (SELECT m.* FROM pro.deviations_of(study, who) AS m),
    gone AS (
        DELETE FROM pro.deviations AS d
        WHERE d.study_id = study AND d.participant_id = ANY (who)
          AND NOT EXISTS (SELECT FROM made AS m WHERE m.id = d.id AND m.kind = d.kind)
    )
    INSERT INTO pro.deviations AS d SELECT study, m.* FROM made AS m
    ON CONFLICT (study_id, participant_id, id, kind) DO UPDATE
    SET definition = excluded.definition, occurrence = excluded.occurrence, instrument = excluded.instrument,
        target = excluded.target, at = excluded.at, said = excluded.said, late_by = excluded.late_by
    WHERE d IS DISTINCT FROM excluded
$$;
REVOKE ALL ON FUNCTION pro.keep_deviations(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.keep_deviations(uuid, uuid[]) TO pro_worker;

-- As before (0314), and what went otherwise with them.
CREATE OR REPLACE FUNCTION pro.refresh_outlooks(study uuid, who uuid[], items jsonb) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made CONSTANT integer := pro.make_outlooks(study, who, items);
BEGIN
    PERFORM pro.keep_deviations(study, ARRAY(SELECT r.participant_id FROM pro.participant_revisions AS r
                                             WHERE r.study_id = study AND r.participant_id = ANY (who) AND NOT r.kept));
    PERFORM pro.mark_kept(study, who);
    RETURN made;
END
$$;

-- As before (0258), in the order in which they are kept.
CREATE OR REPLACE FUNCTION pro.desk_deviations(study uuid, place uuid, days integer, before timestamptz, before_id uuid,
                                    before_kind text, most integer)
    RETURNS TABLE (kind text, id uuid, code text, site_id uuid, protocol_version_id uuid, definition text,
                   occurrence integer, instrument text, target text, at timestamptz, said text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
    moved CONSTANT uuid[] := ARRAY(SELECT r.participant_id FROM pro.participant_revisions AS r
                                   WHERE r.study_id = study AND NOT r.kept);
BEGIN
    RETURN QUERY
    SELECT d.kind, d.id, p.code, s.site_id, p.protocol_version_id, d.definition, d.occurrence, d.instrument, d.target,
           d.at, d.said
    FROM (SELECT k.participant_id, k.id, k.kind, k.definition, k.occurrence, k.instrument, k.target, k.at, k.said,
                 k.late_by
          FROM pro.deviations AS k WHERE k.study_id = study AND k.participant_id <> ALL (moved)
          UNION ALL
          SELECT n.* FROM pro.deviations_of(study, moved) AS n) AS d
    JOIN pro.participant_sites AS s ON s.study_id = study AND s.participant_id = d.participant_id
                                   AND s.valid_to IS NULL
    JOIN pro.participants AS p ON p.study_id = study AND p.id = d.participant_id
    WHERE s.site_id = ANY (sites) AND (place IS NULL OR s.site_id = place)
      AND (d.kind <> 'typed_late' OR d.late_by >= make_interval(days => desk_deviations.days))
      AND (before IS NULL OR (d.at, d.id, d.kind) < (before, before_id, before_kind))
    ORDER BY d.at DESC, d.id DESC, d.kind DESC LIMIT most;
END
$$;

-- Of whom is kept already.
SELECT pro.keep_deviations(y.id, ARRAY(SELECT r.participant_id FROM pro.participant_revisions AS r
                                       WHERE r.study_id = y.id AND r.kept))
FROM pro.studies AS y;
