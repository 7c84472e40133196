-- Pages of lists over the API in one trip: a statement that says by itself who looks, as `enter_desk` does for a
-- transaction. It gives back the study that is read, so that nobody reads it before that is said.
CREATE FUNCTION pro.seated(actor text, site_ids text, site_roles text, study uuid) RETURNS uuid
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('pro.actor', actor, true), set_config('pro.site_ids', site_ids, true),
            set_config('pro.site_roles', site_roles, true), set_config('pro.reason', '', true);
    RETURN study;
END
$$;

-- One plan for every page: the planner takes the one for values unknown to be dearer, and would plan each page anew.
ALTER FUNCTION pro.desk_alerts_after(uuid, uuid, integer) SET plan_cache_mode = 'force_generic_plan';
ALTER FUNCTION pro.desk_calls_after(uuid, uuid, integer) SET plan_cache_mode = 'force_generic_plan';

-- Participants by code, as `desk_participants_after` gives them, with the status that stands (`standing` of the domain; a
-- death counts without one) in the place of all there were: one row of each is looked up, and no list is taken apart.
CREATE FUNCTION pro.desk_participants_listed(study uuid, after text, just text, place text, most integer)
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
        SELECT p.id, p.code, p.recorded_at, p.language, p.channel, p.zone, p.treated_knees, p.protocol_version_id,
               s.site_id, s.until
        FROM pro.participants AS p
        CROSS JOIN LATERAL (
            SELECT ps.site_id, CASE WHEN ps.valid_to IS NULL THEN 'infinity' ELSE (
                       SELECT max(o.valid_to) FROM pro.participant_sites AS o
                       WHERE o.study_id = p.study_id AND o.participant_id = p.id AND o.site_id = ANY (sites)) END AS until
            FROM pro.participant_sites AS ps
            WHERE ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.site_id = ANY (sites)
            ORDER BY ps.valid_to IS NULL DESC, ps.id DESC LIMIT 1) AS s
        WHERE p.study_id = study AND p.code > coalesce(after, '')
          AND p.code >= coalesce(just, '') AND (just IS NULL OR p.code = just)
          AND (place IS NULL OR s.site_id = there)
        ORDER BY p.code LIMIT most
    )
    SELECT p.id, p.code, t.code, p.until = 'infinity',
           coalesce((SELECT r.restricted FROM pro.restrictions AS r
                     WHERE r.study_id = study AND r.participant_id = p.id ORDER BY r.id DESC LIMIT 1), false),
           CASE WHEN (SELECT e.occurred_at FROM pro.events AS e
                      WHERE e.study_id = study AND e.participant_id = p.id AND e.kind = 'death'
                        AND e.recorded_at < p.until ORDER BY e.id DESC LIMIT 1) <= at
                THEN 'died' ELSE (SELECT s.status FROM pro.statuses AS s
                                  WHERE s.study_id = study AND s.participant_id = p.id AND s.recorded_at < p.until
                                    AND s.effective_at <= at ORDER BY s.id DESC LIMIT 1) END,
           p.recorded_at, coalesce(w.language, p.language), coalesce(w.channel, p.channel), p.zone, p.treated_knees,
           v.label
    FROM page AS p
    JOIN pro.sites AS t ON t.study_id = study AND t.id = p.site_id
    JOIN pro.protocol_versions AS v ON v.study_id = study AND v.id = p.protocol_version_id
    LEFT JOIN LATERAL (SELECT x.language, x.channel FROM pro.preferences AS x
                       WHERE x.study_id = study AND x.participant_id = p.id ORDER BY x.id DESC LIMIT 1) AS w ON true
    ORDER BY p.code;
END
$$;
REVOKE ALL ON FUNCTION pro.seated(text, text, text, uuid),
    pro.desk_participants_listed(uuid, text, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.seated(text, text, text, uuid),
    pro.desk_participants_listed(uuid, text, text, text, integer) TO pro_desk;
