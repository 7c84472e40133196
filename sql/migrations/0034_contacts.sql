-- Several contacts a participant, in order, each a person (rule R25): whose telephone it is, their own
-- consent to be texted and told, and what silences their address alone. Every number so far becomes the
-- first contact, of the relation that `whose` says; nothing was ever stored there but 'self'.
ALTER TABLE pro.contact_points
    ADD COLUMN ordinal integer NOT NULL DEFAULT 1 CHECK (ordinal > 0),
    ADD COLUMN may_be_texted boolean,
    ADD COLUMN may_be_told boolean,
    ADD COLUMN agreed_on date,
    ADD COLUMN wrong_at timestamptz,
    ADD COLUMN bad_at timestamptz;
COMMENT ON COLUMN pro.contact_points.whose IS 'What the owner of the address is to the participant.';
COMMENT ON COLUMN pro.contact_points.may_be_texted IS
    'Of another person than the participant: whether they agreed to texts. Empty: never asked, so no.';
COMMENT ON COLUMN pro.contact_points.wrong_at IS 'Since when it is known to be somebody else''s.';
COMMENT ON COLUMN pro.contact_points.bad_at IS
    'When a provider last said that nothing reaches it; it counts while a call about that is open.';

-- Further kinds of address, and anybody else's telephone.
ALTER TABLE pro.contact_points DROP CONSTRAINT contact_points_kind_check,
    ADD CONSTRAINT contact_points_kind_check CHECK (kind IN ('phone', 'email', 'wechat')),
    DROP CONSTRAINT contact_points_whose_check,
    ADD CONSTRAINT contact_points_whose_check
        CHECK (whose IN ('self', 'spouse', 'child', 'caregiver', 'other')),
    ADD CONSTRAINT consent_is_the_persons CHECK (
        whose <> 'self' OR may_be_texted IS NULL AND may_be_told IS NULL AND agreed_on IS NULL),
    ADD CONSTRAINT consent_is_signed CHECK (
        NOT coalesce(may_be_texted, false) AND NOT coalesce(may_be_told, false) OR agreed_on IS NOT NULL);

-- One contact at each place of the order, checked when a statement is over: it may swap two of them, or
-- end one and put another in its place.
ALTER TABLE pro.contact_points ADD CONSTRAINT one_contact_a_place
    EXCLUDE USING btree (study_id WITH =, participant_id WITH =, ordinal WITH =)
    WHERE (valid_to IS NULL) DEFERRABLE INITIALLY IMMEDIATE;
-- The same address once for a participant, checked likewise.
ALTER TABLE pro.contact_points ADD CONSTRAINT same_address_once
    EXCLUDE USING btree (study_id WITH =, participant_id WITH =, kind WITH =, blind_index WITH =)
    WHERE (valid_to IS NULL) DEFERRABLE INITIALLY IMMEDIATE;
DROP INDEX pro.one_present_number;

GRANT UPDATE (ordinal, may_be_texted, may_be_told, agreed_on, wrong_at) ON pro.contact_points TO pro_operator;
GRANT UPDATE (bad_at) ON pro.contact_points TO pro_provider, pro_worker;
-- Whoever says on the page that they want no texts is asked for another way.
GRANT INSERT ON pro.call_tasks TO pro_participant;

SELECT pro.list_audited('contact_points', ARRAY['study_id', 'id', 'participant_id', 'kind', 'whose',
    'address_sealed', 'address_key', 'blind_index', 'index_key', 'valid_from', 'valid_to', 'verified_at',
    'recorded_at', 'actor', 'reason', 'must_confirm', 'verified_by', 'ordinal', 'may_be_texted',
    'may_be_told', 'agreed_on', 'wrong_at', 'bad_at']);

-- Numbers that rest because a call says they are bad go on resting.
SELECT set_config('pro.actor', 'service:migration', true), set_config('pro.reason', 'contacts of their own', true);
UPDATE pro.contact_points AS c SET bad_at = k.created_at
FROM pro.call_tasks AS k
WHERE k.study_id = c.study_id AND k.participant_id = c.participant_id AND k.reason = 'bad_number'
  AND k.closed_at IS NULL AND c.valid_to IS NULL;

-- Addresses in force; those in use are confirmed, where somebody must confirm them, and nobody else's.
CREATE OR REPLACE VIEW pro.present_contacts WITH (security_invoker = true) AS
SELECT c.study_id, c.id, c.participant_id, c.address_sealed, c.address_key, c.blind_index,
       (NOT c.must_confirm OR c.verified_at IS NOT NULL) AND c.wrong_at IS NULL AS usable
FROM pro.contact_points AS c
WHERE c.valid_to IS NULL;

-- Everybody a participant is reached by, with what silences each address, how many others use it, and how
-- many reminder texts it got since an instant (bytes in hex). An opt-out belongs to a line, so it holds
-- for the number, at everybody who uses it.
DROP FUNCTION pro.number_reached(uuid, uuid);
CREATE FUNCTION pro.contacts_of(study uuid, participant uuid, since timestamptz)
    RETURNS TABLE (id uuid, ordinal integer, kind text, relation text, address_sealed text,
                   address_key text, blind_index text, confirmed boolean, may_be_texted boolean,
                   may_be_told boolean, agreed_on date, wrong boolean, bad boolean,
                   opted_out_at timestamptz, shared_with bigint, texts_today bigint)
    LANGUAGE sql STABLE AS $$
    SELECT c.id, c.ordinal, c.kind, c.whose, encode(c.address_sealed, 'hex'), c.address_key,
           encode(c.blind_index, 'hex'), NOT c.must_confirm OR c.verified_at IS NOT NULL,
           coalesce(c.may_be_texted, false), coalesce(c.may_be_told, false), c.agreed_on,
           c.wrong_at IS NOT NULL,
           c.bad_at IS NOT NULL AND EXISTS (
               SELECT FROM pro.call_tasks AS k
               WHERE k.study_id = study AND k.participant_id = participant AND k.reason = 'bad_number'
                 AND k.closed_at IS NULL AND k.created_at <= c.bad_at),
           (SELECT min(o.started_at) FROM pro.lines AS l
            JOIN pro.opt_outs AS o ON o.study_id = l.study_id AND o.line_id = l.id AND o.ended_at IS NULL
            WHERE l.study_id = study AND l.their_index = c.blind_index),
           (SELECT count(*) FROM pro.present_contacts AS other
            WHERE other.study_id = study AND other.blind_index = c.blind_index AND other.usable
              AND other.participant_id <> participant),
           (SELECT count(*) FROM pro.lines AS l
            JOIN pro.sent_reminder_texts AS m ON m.study_id = l.study_id AND m.line_id = l.id
            WHERE l.study_id = study AND l.their_index = c.blind_index AND m.claimed_at >= since)
    FROM pro.contact_points AS c
    WHERE c.study_id = study AND c.participant_id = participant AND c.valid_to IS NULL
$$;

-- Who, of those the desk may see, now uses the number of a line: nobody whose number it never was.
CREATE OR REPLACE FUNCTION pro.desk_line_users(study uuid, line uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.participant_id
    FROM pro.lines AS l
    JOIN pro.contact_points AS c ON c.study_id = l.study_id AND c.blind_index = l.their_index
                                AND c.valid_to IS NULL AND c.wrong_at IS NULL
    WHERE l.study_id = study AND l.id = line
      AND pro.desk_may_see(c.study_id, c.participant_id, pro.now())
$$;
CREATE OR REPLACE FUNCTION pro.desk_stranger_site(study uuid, line uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT y.id
    FROM pro.lines AS l
    JOIN pro.senders AS s ON s.study_id = l.study_id AND s.id = l.sender_id
    JOIN pro.sites AS y ON y.study_id = l.study_id AND (s.site_id IS NULL OR y.id = s.site_id)
    WHERE l.study_id = study AND l.id = line AND y.id = ANY (pro.visible_site_ids())
      AND NOT EXISTS (SELECT FROM pro.contact_points AS c
                      WHERE c.study_id = l.study_id AND c.blind_index = l.their_index
                        AND c.valid_to IS NULL AND c.wrong_at IS NULL)
    ORDER BY y.code LIMIT 1
$$;
