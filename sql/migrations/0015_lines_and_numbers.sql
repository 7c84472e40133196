-- Whose turn it is on a shared line holds only within one exchange: since when, by study time.
ALTER TABLE pro.lines ADD COLUMN focused_at timestamptz;
GRANT UPDATE (focused_at) ON pro.lines TO pro_provider;

-- A number given later than enrolment gets no text before the participant (by texting their code from
-- it) or staff (with a reason) has confirmed it. `verified_at` says when.
ALTER TABLE pro.contact_points ADD COLUMN must_confirm boolean NOT NULL DEFAULT false;
ALTER TABLE pro.contact_points ADD COLUMN verified_by text;
GRANT UPDATE (verified_at, verified_by) ON pro.contact_points TO pro_provider, pro_operator;
-- When a number ends, what still waits for it does too, and staff are asked to have the new one confirmed.
GRANT UPDATE (state, state_reason) ON pro.messages TO pro_operator;
GRANT UPDATE (focus_participant_id, focused_at) ON pro.lines TO pro_operator;
GRANT INSERT ON pro.call_tasks TO pro_operator;

-- Who lifted an opt-out, and why.
ALTER TABLE pro.opt_outs ADD COLUMN ended_by text;
ALTER TABLE pro.opt_outs ADD COLUMN end_reason text;
GRANT UPDATE (ended_by, end_reason) ON pro.opt_outs TO pro_provider, pro_operator;

-- Who set a sender's pace, and when (machine time).
ALTER TABLE pro.sender_paces ADD COLUMN set_by text;
ALTER TABLE pro.sender_paces ADD COLUMN set_at timestamptz;
GRANT UPDATE (set_by, set_at) ON pro.sender_paces TO pro_operator;

-- The links a number was sent end with it; the visit gets a fresh one for the next number.
ALTER TABLE pro.invitations DROP CONSTRAINT invitations_study_id_visit_id_key;
CREATE UNIQUE INDEX one_present_link ON pro.invitations (study_id, visit_id) WHERE ended_at IS NULL;
