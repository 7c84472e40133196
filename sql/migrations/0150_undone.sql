-- What staff did by a slip and took back within minutes: an entry of its own that names what it takes back. What was
-- done stays as it was said; who looks finds both. Only what nobody outside has felt can be taken back: a text settled
-- as nothing, an alert marked as seen, a call to which nobody came to the telephone.
CREATE TABLE pro.undone (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('text_nothing', 'alert_seen', 'call_no_answer')),
    -- The settlement, the alert or the call task it takes back.
    of_id uuid NOT NULL,
    undone_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON COLUMN pro.undone.of_id IS 'The settlement, the alert or the call task it takes back.';
CREATE INDEX undone_of_participant ON pro.undone (study_id, participant_id);
-- An alert may be seen and taken back again; the others once.
CREATE UNIQUE INDEX undone_once ON pro.undone (study_id, of_id) WHERE kind <> 'alert_seen';

ALTER TABLE pro.undone ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.undone FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.undone TO pro_owner, pro_operator, pro_worker USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.undone FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY clerk_reads ON pro.undone FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_write ON pro.undone FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.undone TO pro_operator, pro_worker, pro_desk, pro_clerk;
GRANT INSERT ON pro.undone TO pro_clerk;
SELECT pro.audit_table('undone', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id', 'kind',
    'of_id', 'undone_at', 'recorded_at', 'actor']);

-- A text whose settlement was taken back is settled once more; the new word names the undoing it comes after, so that
-- of two people one is still too late.
ALTER TABLE pro.text_settlements ADD COLUMN follows uuid;
COMMENT ON COLUMN pro.text_settlements.follows IS
    'The undoing of an earlier settlement after which this one was made. Empty: it is the first.';
CREATE UNIQUE INDEX one_settlement_after_each ON pro.text_settlements (study_id, inbound_id, follows) NULLS NOT DISTINCT;
DROP INDEX pro.one_settlement_a_text;
SELECT pro.list_audited('text_settlements', ARRAY['study_id', 'id', 'inbound_id', 'line_id', 'participant_id', 'kind',
    'reason', 'message_id', 'settled_at', 'recorded_at', 'actor', 'follows']);

-- The settlements that stand: not taken back.
CREATE VIEW pro.standing_settlements WITH (security_invoker = true) AS
SELECT s.study_id, s.id, s.inbound_id, s.line_id, s.participant_id, s.kind, s.reason, s.message_id, s.settled_at,
       s.recorded_at, s.actor, s.follows
FROM pro.text_settlements AS s
WHERE s.kind <> 'nothing'
   OR NOT EXISTS (SELECT FROM pro.undone AS u WHERE u.study_id = s.study_id AND u.of_id = s.id AND u.kind = 'text_nothing');
GRANT SELECT ON pro.standing_settlements TO pro_desk, pro_clerk, pro_operator, pro_worker;

-- A call that comes back later is wanted at once again.
GRANT UPDATE (wanted_from) ON pro.call_tasks TO pro_clerk;

-- The desk says of a text that comes in whose text it answers.
GRANT SELECT ON pro.sent_staff_texts TO pro_desk;
