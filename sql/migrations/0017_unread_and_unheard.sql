-- A text in words from a number nobody uses may be a spouse's report of a fever: whoever is at the site
-- whose address it came to reads it. Where the address is the study's, every site does.
CREATE FUNCTION pro.desk_stranger_site(study uuid, line uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT y.id
    FROM pro.lines AS l
    JOIN pro.senders AS s ON s.study_id = l.study_id AND s.id = l.sender_id
    JOIN pro.sites AS y ON y.study_id = l.study_id AND (s.site_id IS NULL OR y.id = s.site_id)
    WHERE l.study_id = study AND l.id = line AND y.id = ANY (pro.visible_site_ids())
      AND NOT EXISTS (SELECT FROM pro.contact_points AS c
                      WHERE c.study_id = l.study_id AND c.blind_index = l.their_index
                        AND c.valid_to IS NULL)
    ORDER BY y.code LIMIT 1
$$;
REVOKE ALL ON FUNCTION pro.desk_stranger_site(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_stranger_site(uuid, uuid) TO pro_desk;
CREATE POLICY desk_stranger ON pro.inbounds TO pro_desk USING (
    participant_id IS NULL AND pro.desk_stranger_site(study_id, line_id) IS NOT NULL);
-- Such a text is sealed under the study's own key.
CREATE POLICY desk_study ON pro.data_keys TO pro_desk USING (
    participant_id IS NULL AND EXISTS (SELECT FROM pro.sites AS y WHERE y.study_id = data_keys.study_id));

-- A reply is written down before the webhook is answered: where no receipt tells that it was heard, it is
-- looked for.
CREATE INDEX unheard_replies ON pro.messages (claimed_at)
    WHERE kind = 'reply' AND state = 'accepted' AND provider_id IS NULL;
