-- What tells of harm opens the same step whoever tells it (rule R9): a death recorded as an event raises the alert
-- that one told in a call raises, and each is raised once. An alert that a correction raises says that it is late
-- (R13).
ALTER TABLE pro.alerts
    ADD COLUMN happened_on date,
    ADD COLUMN own_kind text,
    ADD COLUMN answered_at timestamptz;
COMMENT ON COLUMN pro.alerts.happened_on IS
    'The day on which what it tells of happened, in the participant''s zone. Empty: an answer or a text raised it, or '
    'it was not said.';
COMMENT ON COLUMN pro.alerts.own_kind IS
    'The kind of the protocol''s own that was entered. Empty: it was told otherwise.';
COMMENT ON COLUMN pro.alerts.answered_at IS
    'When the answer was given that a correction changed so that this was raised: it is late. Empty: it was raised as '
    'it was told.';
SELECT pro.list_audited('alerts', ARRAY['study_id', 'id', 'participant_id', 'assessment_id', 'inbound_id',
    'rule', 'severity', 'raised_at', 'seen_at', 'seen_by', 'acted_at', 'acted_by', 'action', 'recorded_at',
    'actor', 'uncertain_who', 'happened_on', 'own_kind', 'answered_at']);
GRANT INSERT ON pro.alerts TO pro_operator;

-- Alerts that reports of harm raise: none where one of the rule was raised for the same day already, or (`once`) for
-- any. Two kinds of the protocol's own on one day are two things that happened.
CREATE FUNCTION pro.report_rows(study uuid, participant uuid, reports jsonb) RETURNS SETOF pro.alerts
    LANGUAGE sql STABLE AS $$
    SELECT study, x.id, participant, NULL::uuid, NULL::uuid, x.rule, x.severity, pro.now(), NULL::timestamptz,
           NULL::text, NULL::timestamptz, NULL::text, NULL::text, pro.now(), x.actor, false, x.happened_on,
           x.own_kind, NULL::timestamptz
    FROM jsonb_to_recordset(reports) AS x (id uuid, rule text, severity text, happened_on date, once boolean,
        own_kind text, actor text)
    WHERE NOT EXISTS (SELECT FROM pro.alerts AS o
                      WHERE o.study_id = study AND o.participant_id = participant AND o.rule = x.rule
                        AND (x.once OR (o.happened_on = x.happened_on
                             AND (o.own_kind = x.own_kind OR o.own_kind IS NULL OR x.own_kind IS NULL))))
$$;
