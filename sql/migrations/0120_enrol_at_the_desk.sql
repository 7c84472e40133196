-- Coordinators and investigators enrol at the desk, at their own sites. Until the statement that enrols somebody
-- is over they are nobody's participant: rows about a newcomer are let in, and the site among them must be one
-- of those set for the transaction. Foreign keys hold that nothing is about somebody who was not enrolled by it.

CREATE FUNCTION pro.is_newcomer(study uuid, participant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT cardinality(pro.visible_site_ids()) > 0
       AND NOT EXISTS (SELECT FROM pro.participants AS p WHERE p.study_id = study AND p.id = participant)
$$;
REVOKE ALL ON FUNCTION pro.is_newcomer(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.is_newcomer(uuid, uuid) TO pro_clerk;

GRANT SELECT ON pro.sender_paces TO pro_clerk;
GRANT INSERT ON pro.participants, pro.participant_revisions, pro.data_keys, pro.cards, pro.identities TO pro_clerk;
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['participant_revisions', 'participant_protocols', 'data_keys',
        'contact_points', 'cards', 'identities', 'notes', 'consents', 'events', 'visits', 'assessments',
        'reminders', 'statuses'] LOOP
        EXECUTE format('CREATE POLICY desk_enrols ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.is_newcomer(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
CREATE POLICY desk_enrols ON pro.participants FOR INSERT TO pro_clerk WITH CHECK (pro.is_newcomer(study_id, id));
CREATE POLICY desk_enrols ON pro.participant_sites FOR INSERT TO pro_clerk
    WITH CHECK (pro.is_newcomer(study_id, participant_id) AND site_id = ANY (pro.visible_site_ids()));
-- A study's own key, for what belongs to no participant yet, is made with the first of them.
CREATE POLICY first_of_study ON pro.data_keys FOR INSERT TO pro_clerk
    WITH CHECK (participant_id IS NULL AND cardinality(pro.visible_site_ids()) > 0);
