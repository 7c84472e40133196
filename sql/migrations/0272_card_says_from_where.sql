-- What a card says of the texts that will come (R23): from which of our addresses, the nearest first, one a provider.
CREATE FUNCTION pro.addresses_of_site(study uuid, site uuid) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(n.address ORDER BY n.distance, n.id), '{}')
    FROM (SELECT DISTINCT ON (s.provider) s.id, s.address,
                 CASE WHEN s.site_id = site THEN 0 WHEN s.site_id IS NULL THEN 1 ELSE 2 END AS distance
          FROM pro.senders_in_use AS s WHERE s.study_id = study AND s.channel = 'sms'
          ORDER BY s.provider, distance, s.id) AS n
$$;
REVOKE ALL ON FUNCTION pro.addresses_of_site(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.addresses_of_site(uuid, uuid) TO pro_desk, pro_operator;
