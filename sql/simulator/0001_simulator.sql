-- The fake provider's own tables. They stand in a schema of their own: the service never reads
-- them, and a production database never gets them. All instants are machine time.

CREATE SCHEMA IF NOT EXISTS simulator;

CREATE TABLE simulator.texts (
    id              uuid PRIMARY KEY,
    direction       text NOT NULL CHECK (direction IN ('to_phone', 'from_phone')),
    our_address     text NOT NULL,
    their_address   text NOT NULL,
    body            text NOT NULL,
    media_count     integer NOT NULL DEFAULT 0 CHECK (media_count >= 0),
    reference       uuid,
    status_callback text,
    accepted_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON COLUMN simulator.texts.reference IS
    'The message id of the service; NULL for a text a phone sent. Copies are kept, to be counted.';

CREATE INDEX texts_of_a_phone ON simulator.texts (their_address, id)
    WHERE direction = 'to_phone';
CREATE INDEX texts_by_reference ON simulator.texts (reference)
    WHERE reference IS NOT NULL;

-- A webhook stays open until it is answered with 2xx or given up after too many tries.
CREATE TABLE simulator.webhooks (
    id           uuid PRIMARY KEY,
    text_id      uuid NOT NULL REFERENCES simulator.texts (id),
    kind         text NOT NULL CHECK (kind IN ('inbound', 'status')),
    status       text CHECK ((status IS NULL) = (kind = 'inbound')),
    error_code   text,
    tries        integer NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_until timestamptz,
    last_pass    uuid,
    answered_at  timestamptz,
    given_up_at  timestamptz,
    CHECK (answered_at IS NULL OR given_up_at IS NULL)
);

CREATE INDEX webhooks_open ON simulator.webhooks (id)
    WHERE answered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX webhooks_of_a_text ON simulator.webhooks (text_id);

GRANT USAGE ON SCHEMA simulator TO pro_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA simulator TO pro_worker;
