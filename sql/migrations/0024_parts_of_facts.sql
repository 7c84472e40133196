-- Parts of what every decision about a participant reads, each under its name; opened up by the planner
-- as the rules of the migration before.

-- Numbers in force; texts go to those that are usable: confirmed, where somebody must confirm them.
CREATE VIEW pro.present_contacts WITH (security_invoker = true) AS
SELECT c.study_id, c.id, c.participant_id, c.address_sealed, c.address_key, c.blind_index,
       NOT c.must_confirm OR c.verified_at IS NOT NULL AS usable
FROM pro.contact_points AS c
WHERE c.valid_to IS NULL;
GRANT SELECT ON pro.present_contacts TO pro_participant, pro_provider, pro_worker, pro_operator;

-- The number a participant is reached at (bytes in hex), and how many others use it.
CREATE FUNCTION pro.number_reached(study uuid, participant uuid)
    RETURNS TABLE (id uuid, address_sealed text, address_key text, blind_index text, shared_with bigint)
    LANGUAGE sql STABLE AS $$
    SELECT c.id, encode(c.address_sealed, 'hex'), c.address_key, encode(c.blind_index, 'hex'),
           (SELECT count(*) FROM pro.present_contacts AS o
            WHERE o.study_id = c.study_id AND o.blind_index = c.blind_index AND o.usable
              AND o.participant_id <> c.participant_id)
    FROM pro.present_contacts AS c
    WHERE c.study_id = study AND c.participant_id = participant AND c.usable
$$;

-- The consent that holds: the one recorded last.
CREATE FUNCTION pro.present_consent(study uuid, participant uuid)
    RETURNS TABLE (version text, signed_on date, messages boolean, cross_border boolean, caregiver boolean)
    LANGUAGE sql STABLE AS $$
    SELECT c.version, c.signed_on, c.messages, c.cross_border, c.caregiver FROM pro.consents AS c
    WHERE c.study_id = study AND c.participant_id = participant
    ORDER BY c.id DESC LIMIT 1
$$;

-- A participant's own wrapped key, in hex.
CREATE FUNCTION pro.key_of_participant(study uuid, participant uuid)
    RETURNS TABLE (id uuid, wrapped text, wrapping_key text)
    LANGUAGE sql STABLE AS $$
    SELECT k.id, encode(k.wrapped, 'hex'), k.wrapping_key FROM pro.data_keys AS k
    WHERE k.study_id = study AND k.participant_id = participant
$$;

-- For which visits ('-': none) and reasons calls are open, and were ever made.
CREATE FUNCTION pro.call_keys(study uuid, participant uuid) RETURNS TABLE (open json, made json)
    LANGUAGE sql STABLE AS $$
    SELECT json_agg(one.key) FILTER (WHERE one.closed_at IS NULL), json_agg(one.key)
    FROM (SELECT coalesce(k.visit_id::text, '-') || ':' || k.reason AS key, k.closed_at
          FROM pro.call_tasks AS k
          WHERE k.study_id = study AND k.participant_id = participant) AS one
$$;

-- The site a participant is at.
CREATE FUNCTION pro.present_site(study uuid, participant uuid)
    RETURNS TABLE (id uuid, code text, zone text, telephone text, emergency_number text, country text)
    LANGUAGE sql STABLE AS $$
    SELECT t.id, t.code, t.zone, t.telephone, t.emergency_number, t.country
    FROM pro.participant_sites AS ps
    JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
    WHERE ps.study_id = study AND ps.participant_id = participant AND ps.valid_to IS NULL
$$;

-- The nudges of a visit, and when the text each became went out.
CREATE FUNCTION pro.nudges_of_visit(study uuid, visit uuid)
    RETURNS TABLE (id uuid, ordinal integer, due_at timestamptz, ended_at timestamptz, end_reason text,
                   sent_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT r.id, r.ordinal, r.due_at, r.ended_at, r.end_reason,
           (SELECT m.claimed_at FROM pro.messages AS m
            WHERE m.study_id = r.study_id AND m.id = r.message_id)
    FROM pro.reminders AS r
    WHERE r.study_id = study AND r.visit_id = visit
$$;
