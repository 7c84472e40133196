-- An instant as it goes out everywhere: 2026-11-27T08:00:00.000Z. Pages of the API are written by the database, a hundred
-- items in one statement.
CREATE FUNCTION pro.in_milliseconds(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
