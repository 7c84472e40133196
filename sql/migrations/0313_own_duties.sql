-- What keeps whoever looks from entering answers (R6), so that a page offers entry by the very rule that decides at its
-- door: each duty of theirs of which the last word says that they hold it.
CREATE FUNCTION pro.own_duties(study uuid) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(d.duty), '{}')
    FROM (SELECT DISTINCT ON (e.duty) e.duty, e.held
          FROM pro.staff AS s
          JOIN pro.staff_duties AS e ON e.study_id = s.study_id AND e.staff_id = s.id
          WHERE s.study_id = study AND 'staff:' || s.login = current_setting('pro.actor', true)
          ORDER BY e.duty, e.id DESC) AS d
    WHERE d.held
$$;
REVOKE ALL ON FUNCTION pro.own_duties(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.own_duties(uuid) TO pro_desk;
