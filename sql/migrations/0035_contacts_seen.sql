-- Whom staff may ring about a participant, and what was agreed: people and their consent, without an
-- address, which the desk never reads. One JSON list in the order the contacts are tried; what was recorded
-- after a former site's period is not in it.
CREATE FUNCTION pro.desk_contacts(study uuid, participant uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(json_agg(json_build_object(
               'ordinal', c.ordinal, 'kind', c.kind, 'relation', c.relation,
               'may_be_texted', c.may_be_texted, 'may_be_told', c.may_be_told, 'agreed_on', c.agreed_on,
               'silence', CASE WHEN c.wrong THEN 'wrong_number'
                               WHEN NOT c.confirmed THEN 'number_unconfirmed'
                               WHEN c.opted_out_at IS NOT NULL THEN 'opted_out'
                               WHEN c.bad THEN 'bad_number' END) ORDER BY c.ordinal), '[]')::text
    FROM pro.contacts_of(study, participant, 'infinity') AS c
    JOIN pro.contact_points AS stored ON stored.study_id = study AND stored.id = c.id
    WHERE pro.desk_may_see(study, participant, stored.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_contacts(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_contacts(uuid, uuid) TO pro_desk;
