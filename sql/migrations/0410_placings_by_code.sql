-- A page of participants by code, of one site of many: the code stands on the participant and the site on their placings,
-- so whoever sees few went by everybody's placings, one look-up each. Here placings stand in the order of codes, with all
-- that tells who is seen: one index is read, and a look-up is for whom the page tells of. Derived: the record is
-- `participant_sites`, of whatever release writes it, and a code never changes.
CREATE TABLE pro.placings_by_code (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    site_id uuid NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, id) REFERENCES pro.participant_sites (study_id, id) ON DELETE CASCADE
) WITH (autovacuum_vacuum_insert_threshold = 100, autovacuum_vacuum_insert_scale_factor = 0.02);
COMMENT ON COLUMN pro.placings_by_code.until IS 'Infinity: they are there.';

CREATE FUNCTION pro.keep_placing_by_code() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.placings_by_code AS b (study_id, id, code, site_id, until)
    SELECT p.study_id, NEW.id, p.code, NEW.site_id, coalesce(NEW.valid_to, 'infinity')
    FROM pro.participants AS p WHERE p.study_id = NEW.study_id AND p.id = NEW.participant_id
    ON CONFLICT (study_id, id) DO UPDATE SET site_id = excluded.site_id, until = excluded.until;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION pro.keep_placing_by_code() FROM PUBLIC;
CREATE TRIGGER keep_placing_by_code AFTER INSERT OR UPDATE OF site_id, valid_to ON pro.participant_sites
    FOR EACH ROW EXECUTE FUNCTION pro.keep_placing_by_code();
INSERT INTO pro.placings_by_code (study_id, id, code, site_id, until)
SELECT p.study_id, s.id, p.code, s.site_id, coalesce(s.valid_to, 'infinity')
FROM pro.participant_sites AS s JOIN pro.participants AS p ON p.study_id = s.study_id AND p.id = s.participant_id;
CREATE INDEX placings_in_order ON pro.placings_by_code (study_id, code, until DESC, id DESC)
    INCLUDE (site_id);

-- As 0363 has it, but for the page's first step: of everybody's placings at the sites seen the latest.
CREATE OR REPLACE FUNCTION pro.desk_participants_listed(study uuid, after text, just text, place text, most integer)
    RETURNS TABLE (id uuid, code text, site text, present boolean, restricted boolean, status text,
                   enrolled_at timestamptz, language text, channel text, zone text, treated_knees text[], protocol text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
    there CONSTANT uuid := (SELECT t.id FROM pro.sites AS t WHERE t.study_id = study AND t.code = place);
    at CONSTANT timestamptz := pro.now();
BEGIN
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT s.code, s.site_id, s.until
        FROM (SELECT DISTINCT ON (b.code) b.code, b.site_id, b.until
              FROM pro.placings_by_code AS b
              WHERE b.study_id = study AND b.site_id = ANY (sites)
                AND b.code > coalesce(after, '') AND b.code >= coalesce(just, '') AND (just IS NULL OR b.code = just)
              ORDER BY b.code, b.until DESC, b.id DESC) AS s
        WHERE place IS NULL OR s.site_id = there
        ORDER BY s.code LIMIT most
    )
    SELECT p.id, p.code, t.code, g.until = 'infinity',
           coalesce((SELECT r.restricted FROM pro.restrictions AS r
                     WHERE r.study_id = study AND r.participant_id = p.id ORDER BY r.id DESC LIMIT 1), false),
           CASE WHEN (SELECT e.occurred_at FROM pro.events AS e
                      WHERE e.study_id = study AND e.participant_id = p.id AND e.kind = 'death'
                        AND e.recorded_at < g.until ORDER BY e.id DESC LIMIT 1) <= at
                THEN 'died' ELSE (SELECT s.status FROM pro.statuses AS s
                                  WHERE s.study_id = study AND s.participant_id = p.id AND s.recorded_at < g.until
                                    AND s.effective_at <= at ORDER BY s.id DESC LIMIT 1) END,
           p.recorded_at, coalesce(w.language, p.language), coalesce(w.channel, p.channel), p.zone, p.treated_knees,
           v.label
    FROM page AS g
    JOIN pro.participants AS p ON p.study_id = study AND p.code = g.code
    JOIN pro.sites AS t ON t.study_id = study AND t.id = g.site_id
    JOIN pro.protocol_versions AS v ON v.study_id = study AND v.id = p.protocol_version_id
    LEFT JOIN LATERAL (SELECT x.language, x.channel FROM pro.preferences AS x
                       WHERE x.study_id = study AND x.participant_id = p.id ORDER BY x.id DESC LIMIT 1) AS w ON true
    ORDER BY p.code;
END
$$;
