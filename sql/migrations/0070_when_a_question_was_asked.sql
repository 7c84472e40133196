-- An answer belongs to a question whose text the provider had accepted some seconds before it came: since
-- when a provider has a text (machine time). Empty for texts accepted before this file: long enough ago.
ALTER TABLE pro.messages ADD COLUMN accepted_at timestamptz;
COMMENT ON COLUMN pro.messages.accepted_at IS
    'When a provider first had the text, by the clock of this machine; of a webhook''s reply: when it was stored.';
GRANT UPDATE (accepted_at) ON pro.messages TO pro_provider, pro_worker;

-- What staff write on a line themselves: while it is the latest there, nothing that comes is an answer.
ALTER TABLE pro.messages DROP CONSTRAINT messages_kind_check,
    ADD CONSTRAINT messages_kind_check CHECK (kind IN ('reminder', 'reply', 'notice', 'staff'));
CREATE INDEX staff_texts_of_line ON pro.messages (study_id, line_id, id) WHERE kind = 'staff';

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
           CASE WHEN m.state IS NULL AND m.lease_seconds IS NULL THEN clock_timestamp() END
    FROM jsonb_to_recordset(list) AS m (id uuid, participant_id uuid, line_id uuid, kind text,
        template text, language text, body_sealed text, body_key text, encoding text, segments integer,
        state text, provider text, lease_seconds integer, expires_at timestamptz, actor text)
$$;

SELECT pro.list_audited('messages', ARRAY['study_id', 'id', 'participant_id', 'line_id', 'kind', 'template',
    'language', 'body_sealed', 'body_key', 'encoding', 'segments', 'state', 'state_reason', 'provider',
    'provider_id', 'error_code', 'claimed_at', 'lease_until', 'retry_at', 'tries', 'expires_at',
    'recorded_at', 'actor', 'dealt_at', 'dealt_by', 'dealt_note', 'accepted_at']);

-- When a line last asked for silence: what was asked before is asked no more.
CREATE INDEX opt_outs_of_line ON pro.opt_outs (study_id, line_id, started_at);

-- `back` reaches what was answered in the present exchange. Of what was answered before this file nobody
-- kept when that was, so there is no way back to it.
UPDATE pro.conversations SET dialogue = dialogue - 'last' WHERE dialogue -> 'last' <> 'null';
