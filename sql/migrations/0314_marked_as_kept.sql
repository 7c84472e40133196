-- Whether the outlook of a participant is kept as they are now (0099) is marked beside their revision, so that a page of
-- the desk finds who is not by an index, and compares no revisions of a whole study. Whatever takes their turn takes the
-- mark, in the same update; the worker sets it when it has kept them.
ALTER TABLE pro.participant_revisions ADD COLUMN kept boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pro.participant_revisions.kept IS 'Whether the outlook there is of this very revision.';
CREATE INDEX revisions_not_kept ON pro.participant_revisions (study_id, participant_id) WHERE NOT kept;
GRANT UPDATE (kept) ON pro.participant_revisions TO pro_worker;
CREATE INDEX outlooks_that_end ON pro.participant_outlooks (study_id, holds_until) WHERE holds_until < 'infinity';
CREATE INDEX outlooks_closing ON pro.participant_outlooks (study_id, closes_next);

CREATE OR REPLACE FUNCTION pro.look_again() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.calls_at := '-infinity';
    NEW.closings_at := '-infinity';
    NEW.kept := false;
    RETURN NEW;
END
$$;
DROP TRIGGER look_again ON pro.participant_revisions;
-- Once between two looks: of several turns in a row only the first moves a date.
CREATE TRIGGER look_again BEFORE UPDATE OF revision ON pro.participant_revisions
    FOR EACH ROW WHEN (OLD.calls_at > '-infinity' OR OLD.closings_at > '-infinity' OR OLD.kept)
    EXECUTE FUNCTION pro.look_again();

-- What is derived may be lost at any time, and is then asked of the record: whoever removes it takes the mark as well.
CREATE FUNCTION pro.keep_no_more() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE pro.participant_revisions SET kept = false WHERE kept;
    ELSE
        UPDATE pro.participant_revisions AS r SET kept = false
        WHERE r.study_id = OLD.study_id AND r.participant_id = OLD.participant_id AND r.kept;
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION pro.keep_no_more() FROM PUBLIC;
CREATE TRIGGER keep_no_more AFTER DELETE ON pro.participant_outlooks
    FOR EACH ROW EXECUTE FUNCTION pro.keep_no_more();
CREATE TRIGGER empty_no_more AFTER TRUNCATE ON pro.participant_outlooks
    FOR EACH STATEMENT EXECUTE FUNCTION pro.keep_no_more();
ALTER TABLE pro.participant_outlooks ENABLE ALWAYS TRIGGER keep_no_more, ENABLE ALWAYS TRIGGER empty_no_more;

-- Mark those of these participants whose outlook is of their present revision. Whoever is being written about is left
-- out: nobody waits.
CREATE FUNCTION pro.mark_kept(study uuid, who uuid[]) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE pro.participant_revisions AS r SET kept = true
    FROM (SELECT x.participant_id, x.revision FROM pro.participant_revisions AS x
          JOIN pro.participant_outlooks AS o ON o.study_id = x.study_id AND o.participant_id = x.participant_id
                                            AND o.revision = x.revision AND o.silent IS NOT NULL
          WHERE x.study_id = study AND x.participant_id = ANY (who) AND NOT x.kept
          FOR NO KEY UPDATE OF x SKIP LOCKED) AS m
    WHERE r.study_id = study AND r.participant_id = m.participant_id AND r.revision = m.revision
$$;
REVOKE ALL ON FUNCTION pro.mark_kept(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.mark_kept(uuid, uuid[]) TO pro_worker;

-- Whose outlook is not kept as they are now: something was written since, or time has ended what was kept.
CREATE FUNCTION pro.not_kept(study uuid, at timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT r.participant_id FROM pro.participant_revisions AS r WHERE r.study_id = study AND NOT r.kept
    UNION
    SELECT o.participant_id FROM pro.participant_outlooks AS o
    WHERE o.study_id = study AND o.holds_until <= at AND o.holds_until < 'infinity'
$$;

-- As before (0100), from those who are marked.
CREATE OR REPLACE FUNCTION pro.desk_stale(study uuid, sites uuid[], place uuid, at timestamptz, most integer,
                               OUT who uuid[], OUT untils timestamptz[], OUT rest uuid[])
    LANGUAGE sql STABLE AS $$
    WITH stale AS (
        SELECT s.participant_id, s.until, row_number() OVER (ORDER BY s.participant_id) <= most AS chosen
        FROM (SELECT n.id AS participant_id, 'infinity'::timestamptz AS until
              FROM pro.not_kept(study, at) AS n (id)
              JOIN pro.participant_sites AS p ON p.study_id = study AND p.participant_id = n.id AND p.valid_to IS NULL
              WHERE p.site_id = ANY (sites) AND (place IS NULL OR p.site_id = place)
              UNION ALL
              SELECT l.participant_id, l.until FROM pro.desk_seen(study, sites, place) AS l
              WHERE l.until < 'infinity') AS s
        WHERE most IS NOT NULL
    )
    SELECT coalesce(array_agg(x.participant_id) FILTER (WHERE x.chosen), '{}'),
           coalesce(array_agg(x.until) FILTER (WHERE x.chosen), '{}'),
           coalesce(array_agg(x.participant_id) FILTER (WHERE NOT x.chosen), '{}')
    FROM stale AS x
$$;

-- As before (0147), likewise.
CREATE OR REPLACE FUNCTION pro.desk_unkept(study uuid, at timestamptz, sites uuid[]) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT n.id
    FROM (SELECT r.participant_id FROM pro.participant_revisions AS r WHERE r.study_id = study AND NOT r.kept
          UNION
          SELECT o.participant_id FROM pro.participant_outlooks AS o
          WHERE o.study_id = study AND o.closes_next <= at) AS n (id)
    JOIN pro.participant_sites AS p ON p.study_id = study AND p.participant_id = n.id AND p.valid_to IS NULL
    WHERE p.site_id = ANY (sites)
$$;

ALTER FUNCTION pro.refresh_outlooks(uuid, uuid[], jsonb) RENAME TO make_outlooks;
-- Keep these participants as they are now, where they are not; of how many something was made anew.
CREATE FUNCTION pro.refresh_outlooks(study uuid, who uuid[], items jsonb) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made CONSTANT integer := pro.make_outlooks(study, who, items);
BEGIN
    PERFORM pro.mark_kept(study, who);
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION pro.refresh_outlooks(uuid, uuid[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.refresh_outlooks(uuid, uuid[], jsonb) TO pro_worker;

-- What is kept already is marked.
UPDATE pro.participant_revisions AS r SET kept = true
FROM pro.participant_outlooks AS o
WHERE o.study_id = r.study_id AND o.participant_id = r.participant_id AND o.revision = r.revision
  AND o.silent IS NOT NULL;
