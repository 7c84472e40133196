-- Up to which machine time a provider's list of inbound texts has been looked through, by sender: what
-- never came by webhook is fed from there.
CREATE TABLE pro.inbound_sweeps (
    study_id uuid NOT NULL,
    sender_id uuid NOT NULL,
    swept_until timestamptz NOT NULL,
    PRIMARY KEY (study_id, sender_id),
    FOREIGN KEY (study_id, sender_id) REFERENCES pro.senders (study_id, id)
);
GRANT SELECT, INSERT, UPDATE (swept_until) ON pro.inbound_sweeps TO pro_provider;
