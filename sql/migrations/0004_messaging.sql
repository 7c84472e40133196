-- What is sent and received, and who must be called.

-- Our own addresses: which number of which provider speaks for which study (and site, if its own).
CREATE TABLE pro.senders (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('sms')),
    provider text NOT NULL,
    address text NOT NULL,
    site_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (provider, address),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id)
);

-- A line: channel, our address, theirs. Spouses may share one; `focus_participant_id` says who of
-- several is answering now.
CREATE TABLE pro.lines (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    sender_id uuid NOT NULL,
    their_index bytea NOT NULL,
    their_address_sealed bytea NOT NULL,
    their_address_key text NOT NULL,
    focus_participant_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, sender_id, their_index),
    FOREIGN KEY (study_id, sender_id) REFERENCES pro.senders (study_id, id)
);

CREATE TABLE pro.conversations (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    dialogue jsonb NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    opened_at timestamptz NOT NULL DEFAULT pro.now(),
    closed_at timestamptz,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, line_id, participant_id),
    FOREIGN KEY (study_id, line_id) REFERENCES pro.lines (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
) WITH (fillfactor = 70);

CREATE TABLE pro.messages (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid,
    line_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reminder', 'reply', 'notice')),
    template text NOT NULL,
    language text NOT NULL,
    body_sealed bytea NOT NULL,
    body_key text NOT NULL,
    encoding text NOT NULL,
    segments integer NOT NULL CHECK (segments > 0),
    state text NOT NULL CHECK (state IN ('queued', 'sending', 'accepted', 'sent', 'delivered',
        'undelivered', 'failed', 'suppressed', 'expired', 'ambiguous', 'unconfirmed')),
    state_reason text,
    provider text NOT NULL,
    provider_id text,
    error_code text,
    claimed_at timestamptz,
    lease_until timestamptz,
    retry_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, line_id) REFERENCES pro.lines (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX messages_of_line ON pro.messages (study_id, line_id, claimed_at) WHERE kind = 'reminder';
CREATE INDEX messages_of_participant ON pro.messages (study_id, participant_id, id);
CREATE INDEX messages_to_send ON pro.messages (study_id, retry_at) WHERE state = 'queued';
CREATE INDEX messages_in_hand ON pro.messages (study_id, lease_until) WHERE state IN ('sending', 'ambiguous');
CREATE INDEX messages_by_provider_id ON pro.messages (study_id, provider_id);

-- The promise that one reason to write gives one message, kept apart so that messages can be partitioned.
CREATE TABLE pro.message_keys (
    study_id uuid NOT NULL,
    dedupe_key text NOT NULL,
    message_id uuid NOT NULL,
    PRIMARY KEY (study_id, dedupe_key)
);

CREATE TABLE pro.reminders (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    schedule_revision integer NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    due_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    message_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, visit_id, schedule_revision, ordinal),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id),
    FOREIGN KEY (study_id, message_id) REFERENCES pro.messages (study_id, id),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK ((end_reason = 'sent') = (message_id IS NOT NULL))
);
CREATE INDEX reminders_due ON pro.reminders (study_id, due_at) WHERE ended_at IS NULL;
CREATE INDEX reminders_of_visit ON pro.reminders (study_id, visit_id);
CREATE INDEX reminders_of_message ON pro.reminders (study_id, message_id);

CREATE TABLE pro.delivery_receipts (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    provider text NOT NULL,
    provider_id text,
    provider_status text NOT NULL,
    error_code text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, message_id) REFERENCES pro.messages (study_id, id)
);

CREATE TABLE pro.inbounds (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    participant_id uuid,
    provider text NOT NULL,
    provider_id text NOT NULL,
    body_sealed bytea NOT NULL,
    body_key text NOT NULL,
    media_count integer NOT NULL DEFAULT 0,
    disposition text NOT NULL CHECK (disposition IN
        ('answer', 'command', 'needs_reading', 'reaction', 'unknown')),
    command text,
    reply_message_id uuid,
    received_at timestamptz NOT NULL,
    read_at timestamptz,
    read_by text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, line_id) REFERENCES pro.lines (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);

-- The provider's own ids: a second copy of a webhook finds the first one's outcome here.
CREATE TABLE pro.provider_events (
    study_id uuid NOT NULL,
    provider text NOT NULL,
    provider_id text NOT NULL,
    inbound_id uuid NOT NULL,
    PRIMARY KEY (study_id, provider, provider_id)
);

CREATE TABLE pro.opt_outs (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    participant_id uuid,
    inbound_id uuid,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, line_id) REFERENCES pro.lines (study_id, id)
);
CREATE UNIQUE INDEX one_present_opt_out ON pro.opt_outs (study_id, line_id) WHERE ended_at IS NULL;

CREATE TABLE pro.alerts (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid,
    inbound_id uuid,
    rule text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('urgent', 'notice')),
    raised_at timestamptz NOT NULL,
    seen_at timestamptz,
    seen_by text,
    acted_at timestamptz,
    acted_by text,
    action text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE UNIQUE INDEX one_alert_a_rule ON pro.alerts (study_id, assessment_id, rule)
    WHERE assessment_id IS NOT NULL;

CREATE TABLE pro.call_tasks (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid,
    reason text NOT NULL,
    closes_at timestamptz,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    outcome text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX one_call_a_reason ON pro.call_tasks (study_id, participant_id, visit_id, reason)
    NULLS NOT DISTINCT WHERE closed_at IS NULL;
