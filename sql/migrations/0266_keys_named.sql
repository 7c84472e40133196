-- The key something is sealed under, by the name that stands beside what is sealed. A name taken apart beside a table
-- whose rows are guarded is compared with every key there is, row by row: what takes it apart might tell of a row that
-- is hidden. Here it is known before, and the key is looked up; whether it is seen, row-level security says as ever.
CREATE FUNCTION pro.key_named(study uuid, sealed_under text)
    RETURNS TABLE (id uuid, wrapped bytea, wrapping_key text)
    LANGUAGE plpgsql STABLE ROWS 1 AS $$
#variable_conflict use_column
DECLARE
    named CONSTANT uuid := substring(sealed_under FROM ':([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid;
BEGIN
    RETURN QUERY
    SELECT d.id, d.wrapped, d.wrapping_key FROM pro.data_keys AS d WHERE d.study_id = study AND d.id = named LIMIT 1;
END
$$;
