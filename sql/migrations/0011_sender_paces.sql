-- How fast each of our addresses may send (machine time), and when its next turn is. One small row a
-- sender, locked for the moment a turn is taken: all workers together keep to one pace.
CREATE TABLE pro.sender_paces (
    study_id uuid NOT NULL,
    sender_id uuid NOT NULL,
    -- NULL: what holds for its provider.
    per_second numeric CHECK (per_second > 0),
    free_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, sender_id),
    FOREIGN KEY (study_id, sender_id) REFERENCES pro.senders (study_id, id)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE (free_at) ON pro.sender_paces TO pro_worker;
GRANT SELECT, INSERT, UPDATE (per_second) ON pro.sender_paces TO pro_operator;
