-- Who of a study is a program, as the record names them: the audit says from where something was written, and a program
-- writes under a name like anybody's. Those that left are among them, for what they wrote stays.
CREATE FUNCTION pro.programs_of(study uuid) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'staff:' || s.login FROM pro.programs AS g JOIN pro.staff AS s ON s.person_id = g.id AND s.study_id = study
$$;
REVOKE ALL ON FUNCTION pro.programs_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.programs_of(uuid) TO pro_desk, pro_operator;
