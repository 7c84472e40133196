-- Texts that a provider takes only as a template approved beforehand: which template stands for which text of
-- ours, and with which one a message went out. Insert-only: the last row of a sender, key and language holds.
CREATE TABLE pro.registered_templates (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    sender_id uuid NOT NULL,
    key text NOT NULL,
    language text NOT NULL,
    code text NOT NULL,
    signature text NOT NULL,
    words text NOT NULL,
    variables text[] NOT NULL,
    approved_on date NOT NULL,
    retired_on date CHECK (retired_on >= approved_on),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, sender_id) REFERENCES pro.senders (study_id, id)
);
CREATE INDEX registered_of_sender ON pro.registered_templates (study_id, sender_id, key, language, id);
COMMENT ON COLUMN pro.registered_templates.variables IS 'Names of values, in the order the provider numbers them.';
COMMENT ON COLUMN pro.registered_templates.retired_on IS 'From this day on nothing goes out with it.';
SELECT pro.audit_table('registered_templates', updatable => false, columns => ARRAY['study_id', 'id', 'sender_id',
    'key', 'language', 'code', 'signature', 'words', 'variables', 'approved_on', 'retired_on', 'recorded_at',
    'actor']);

-- What was to be said and had no registration: one row however many it concerned. It is open until there is one.
CREATE TABLE pro.registration_gaps (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    sender_id uuid NOT NULL,
    key text NOT NULL,
    language text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, sender_id, key, language),
    FOREIGN KEY (study_id, sender_id) REFERENCES pro.senders (study_id, id)
);
SELECT pro.audit_table('registration_gaps', updatable => false, columns => ARRAY['study_id', 'id', 'sender_id',
    'key', 'language', 'recorded_at', 'actor']);

GRANT SELECT ON pro.registered_templates, pro.registration_gaps
    TO pro_participant, pro_provider, pro_worker, pro_operator, pro_clerk;
GRANT INSERT ON pro.registered_templates TO pro_operator;
GRANT INSERT ON pro.registration_gaps TO pro_worker, pro_operator;

-- The registrations texts may go out with: approved, and not retired, by the day that has begun anywhere.
CREATE VIEW pro.registered_in_force WITH (security_invoker = true) AS
SELECT r.* FROM pro.registered_templates AS r
WHERE NOT EXISTS (SELECT FROM pro.registered_templates AS later
                  WHERE later.study_id = r.study_id AND later.sender_id = r.sender_id AND later.key = r.key
                    AND later.language = r.language AND later.id > r.id)
  AND r.approved_on <= ((SELECT pro.now()) AT TIME ZONE 'UTC' + interval '14 hours')::date
  AND coalesce(r.retired_on > ((SELECT pro.now()) AT TIME ZONE 'UTC' + interval '14 hours')::date, true);
GRANT SELECT ON pro.registered_in_force TO pro_participant, pro_provider, pro_worker, pro_operator, pro_clerk;

-- Which registration a message went out with, and its values, sealed under the key of its body.
ALTER TABLE pro.messages
    ADD COLUMN registration_id uuid,
    ADD COLUMN parameters_sealed bytea,
    ADD CONSTRAINT messages_registration_fkey FOREIGN KEY (study_id, registration_id)
        REFERENCES pro.registered_templates (study_id, id),
    ADD CONSTRAINT parameters_are_of_a_registration
        CHECK ((registration_id IS NULL) = (parameters_sealed IS NULL));

CREATE OR REPLACE FUNCTION pro.message_rows(study uuid, participant uuid, list jsonb)
    RETURNS SETOF pro.messages LANGUAGE sql STABLE AS $$
    SELECT study, m.id, coalesce(m.participant_id, participant), m.line_id, m.kind, m.template,
           m.language, decode(m.body_sealed, 'hex'), m.body_key, m.encoding, m.segments,
           coalesce(m.state, CASE WHEN m.lease_seconds IS NULL THEN 'accepted' ELSE 'sending' END),
           NULL::text, m.provider, NULL::text, NULL::text,
           CASE WHEN m.state IS NULL THEN pro.now() END,
           clock_timestamp() + m.lease_seconds * interval '1 second',
           CASE WHEN m.state = 'queued' THEN clock_timestamp() END, 1, m.expires_at, pro.now(), m.actor,
           NULL::timestamptz, NULL::text, NULL::text,
           -- A reply in a webhook's answer is on its way once it is stored.
           CASE WHEN m.state IS NULL AND m.lease_seconds IS NULL THEN clock_timestamp() END,
           m.registration_id, decode(m.parameters_sealed, 'hex')
    FROM jsonb_to_recordset(list) AS m (id uuid, participant_id uuid, line_id uuid, kind text,
        template text, language text, body_sealed text, body_key text, encoding text, segments integer,
        state text, provider text, lease_seconds integer, expires_at timestamptz, actor text,
        registration_id uuid, parameters_sealed text)
$$;

SELECT pro.list_audited('messages', ARRAY['study_id', 'id', 'participant_id', 'line_id', 'kind', 'template',
    'language', 'body_sealed', 'body_key', 'encoding', 'segments', 'state', 'state_reason', 'provider',
    'provider_id', 'error_code', 'claimed_at', 'lease_until', 'retry_at', 'tries', 'expires_at',
    'recorded_at', 'actor', 'dealt_at', 'dealt_by', 'dealt_note', 'accepted_at', 'registration_id',
    'parameters_sealed']);
