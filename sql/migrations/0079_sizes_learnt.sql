-- Who comes in with a long file is looked for, by foreign keys, some sixty times each. The plan for that is
-- made once a session: before anybody is there every index of an empty table looks as good as the right one, and
-- the wrong one reads everybody who has come in so far. Counting needs the owner, and is all this function does.
CREATE FUNCTION pro.learn_sizes() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    ANALYZE pro.participants, pro.visits;
END
$$;

REVOKE ALL ON FUNCTION pro.learn_sizes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.learn_sizes() TO pro_operator;
