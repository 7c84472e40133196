-- Who owes a signature on a newer version of the consent form (rule R24): of those now at a site of whoever asks, whose
-- consent in force is of none of the versions that are enough for them. `asked` holds, for each version of the protocol
-- and site, with an injection and without, which versions those are; it is empty where the protocol asks nobody, and
-- then nothing is read. `unseen` are the statuses that end visits: they sign nothing any more.
CREATE FUNCTION pro.desk_owing_consent(study uuid, asked jsonb, unseen text[], most integer)
    RETURNS TABLE (code text, site_id uuid, protocol_version_id uuid, version text, treated boolean, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH asking AS MATERIALIZED (
        SELECT w.protocol_version_id, w.site_id, w.treated, w.enough
        FROM jsonb_to_recordset(asked) AS w (protocol_version_id uuid, site_id uuid, treated boolean, enough text[])
    ),
    here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, ps.site_id,
               EXISTS (SELECT FROM pro.events AS e
                       WHERE e.study_id = study AND e.participant_id = p.id AND e.occurred_at IS NOT NULL
                         AND e.kind IN ('injection', 'rescue_injection')) AS treated
        FROM pro.participant_sites AS ps JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
          AND ps.site_id IN (SELECT w.site_id FROM asking AS w)
    )
    SELECT h.code, h.site_id, h.protocol_version_id, c.version, h.treated, count(*) OVER ()
    FROM here AS h JOIN asking AS w USING (protocol_version_id, site_id, treated)
    CROSS JOIN LATERAL pro.present_consent(study, h.id) AS c
    WHERE c.version <> ALL (w.enough) AND pro.stands_outside(study, h.id, pro.now(), unseen)
    ORDER BY h.code LIMIT most
$$;
REVOKE ALL ON FUNCTION pro.desk_owing_consent(uuid, jsonb, text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_owing_consent(uuid, jsonb, text[], integer) TO pro_desk;
