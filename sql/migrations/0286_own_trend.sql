-- From when participants see their own scores over time (R21), as the analysis plan in force says: the one word of a plan
-- their pages are told. Null: never, as where there is no plan.
CREATE FUNCTION pro.trend_shown(study uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.document #>> '{trend,shown}'
    FROM pro.plans_in_force AS f
    JOIN pro.analysis_plans AS a ON a.study_id = f.study_id AND a.id = f.plan_id
    WHERE f.study_id = study AND f.recorded_at <= pro.now()
    ORDER BY f.id DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION pro.trend_shown(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.trend_shown(uuid) TO pro_participant;
