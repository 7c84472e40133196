-- name: find_provider_event(study_id, provider, provider_id)
-- The reply a first copy of this webhook was given.
SELECT i.id AS inbound_id, m.id AS message_id, m.body_sealed, m.body_key, m.participant_id,
       coalesce(m.state = 'queued' OR m.tries > 1, false) AS by_queue
FROM pro.provider_events AS e
JOIN pro.inbounds AS i ON i.study_id = e.study_id AND i.id = e.inbound_id
LEFT JOIN pro.messages AS m ON m.study_id = i.study_id AND m.id = i.reply_message_id
WHERE e.study_id = $1 AND e.provider = $2 AND e.provider_id = $3;

-- name: count_replies_today(study_id, line_id)
-- How many replies a line has had within a day; unknown numbers are not answered without end.
SELECT count(*) AS replies FROM pro.messages
WHERE study_id = $1 AND line_id = $2 AND kind = 'reply' AND recorded_at > pro.now() - interval '1 day';

-- name: was_warned_today(study_id, line_id)
-- Whether a line that is otherwise left in peace was told within a day whom to ring.
SELECT EXISTS (SELECT FROM pro.messages
               WHERE study_id = $1 AND line_id = $2 AND kind = 'reply' AND template = 'warning.call'
                 AND recorded_at > pro.now() - interval '1 day') AS warned;

-- name: list_telephones_of_sender(study_id, sender_id)
-- The telephones of the sites an address of ours speaks for: its own, or all of the study's.
SELECT y.telephone, y.emergency_number FROM pro.senders AS s
JOIN pro.sites AS y ON y.study_id = s.study_id AND (s.site_id IS NULL OR y.id = s.site_id)
WHERE s.study_id = $1 AND s.id = $2
ORDER BY y.code LIMIT 50;

-- name: is_held_back(study_id, line_id)
-- Whether a line asked for no texts.
SELECT EXISTS (SELECT FROM pro.opt_outs AS o
               WHERE o.study_id = $1 AND o.line_id = $2 AND o.ended_at IS NULL) AS held;

-- name: record_inbound(study_id, write)
-- Keep a text that came in, what it was taken for, and the reply it gets; all of it or nothing. `write`
-- is one JSON document: lines, invitations, inbound, messages, conversations, focus, opt_outs, opt_ins,
-- affected, confirmed, calls, alerts. Joined to what takes the turn it is one statement with that (`together`): so its
-- steps have names of their own.
WITH brought AS (SELECT $2::jsonb AS d, ($2::jsonb #>> '{inbound,participant_id}')::uuid AS owner),
-- with: lines
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM brought, pro.line_rows($1, d -> 'lines') AS r
),
-- with: invitations
invited AS (
    INSERT INTO pro.invitations SELECT r.* FROM brought, pro.invitation_rows($1, owner, d -> 'invitations') AS r
),
kept AS (
    INSERT INTO pro.inbounds (study_id, id, line_id, participant_id, provider, provider_id, body_sealed,
        body_key, media_count, disposition, command, urgent, reply_message_id, received_at, actor,
        asked_assessment_id, asked_items)
    SELECT $1, i.id, i.line_id, i.participant_id, i.provider, i.provider_id, decode(i.body_sealed, 'hex'),
           i.body_key, i.media_count, i.disposition, i.command, i.urgent, i.reply_message_id, pro.now(), i.actor,
           i.asked_assessment_id, i.asked_items
    FROM brought, jsonb_to_record(d -> 'inbound') AS i (id uuid, line_id uuid, participant_id uuid,
        provider text, provider_id text, body_sealed text, body_key text, media_count integer,
        disposition text, command text, urgent boolean, reply_message_id uuid, actor text,
        asked_assessment_id uuid, asked_items text[])
    RETURNING id, provider, provider_id
),
-- A second copy of the webhook fails here, and with it everything above and below.
first_copy AS (
    INSERT INTO pro.provider_events (study_id, provider, provider_id, inbound_id)
    SELECT $1, provider, provider_id, id FROM kept
),
-- with: messages
message_keyed AS (
    INSERT INTO pro.message_keys SELECT r.* FROM brought, pro.message_key_rows($1, d -> 'messages') AS r
),
-- with: messages
replied AS (
    INSERT INTO pro.messages SELECT r.* FROM brought, pro.message_rows($1, NULL, d -> 'messages') AS r
),
-- with: conversations
asked AS (
    INSERT INTO pro.conversations
    SELECT r.* FROM brought, pro.conversation_rows($1, NULL, d -> 'conversations') AS r
    ON CONFLICT (study_id, line_id, participant_id) DO UPDATE
        SET dialogue = excluded.dialogue, revision = conversations.revision + 1, closed_at = NULL
),
-- with: focus
focused AS (
    UPDATE pro.lines AS l SET focus_participant_id = f.participant_id, focused_at = pro.now()
    FROM brought, jsonb_to_recordset(d -> 'focus') AS f (line_id uuid, participant_id uuid)
    WHERE l.study_id = $1 AND l.id = f.line_id
),
-- with: opt_outs
opted_out AS (
    INSERT INTO pro.opt_outs SELECT r.* FROM brought, pro.opt_out_rows($1, d -> 'opt_outs') AS r
    ON CONFLICT (study_id, line_id) WHERE ended_at IS NULL DO NOTHING
),
-- with: opt_ins
-- Of the line and of what was another one before our address was corrected.
opted_in AS (
    UPDATE pro.opt_outs AS o
    SET ended_at = pro.now(), ended_by = d -> 'inbound' ->> 'actor', end_reason = 'said so by text'
    FROM brought, jsonb_array_elements_text(d -> 'opt_ins') AS x (line_id)
    JOIN pro.lines AS l ON l.study_id = $1 AND l.id = x.line_id::uuid
    CROSS JOIN LATERAL pro.joined_senders($1, l.sender_id) AS j
    JOIN pro.lines AS same ON same.study_id = $1 AND same.sender_id = j.id AND same.their_index = l.their_index
    WHERE o.study_id = $1 AND o.line_id = same.id AND o.ended_at IS NULL
),
-- with: confirmed
-- The code typed on it proves that the number is theirs.
confirmed AS (
    UPDATE pro.contact_points AS n SET verified_at = pro.now(), verified_by = d -> 'inbound' ->> 'actor'
    FROM brought, jsonb_array_elements_text(d -> 'confirmed') AS x (id)
    WHERE n.study_id = $1 AND n.id = x.id::uuid AND n.valid_to IS NULL AND n.verified_at IS NULL
    RETURNING n.participant_id
),
-- with: confirmed
confirmation_over AS (
    UPDATE pro.call_tasks AS k
    SET closed_at = pro.now(), closed_by = d -> 'inbound' ->> 'actor', outcome = 'confirmed by text'
    FROM brought, confirmed AS c
    WHERE k.study_id = $1 AND k.participant_id = c.participant_id AND k.reason = 'confirm_number'
      AND k.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.contact_points AS w
                      WHERE w.study_id = $1 AND w.participant_id = c.participant_id AND w.valid_to IS NULL
                        AND w.must_confirm AND w.verified_at IS NULL
                        AND NOT d -> 'confirmed' ? w.id::text)
),
-- with: affected
-- Whoever else uses the number is held back by an opt-out too: their facts have changed.
others_turn AS (
    UPDATE pro.participant_revisions AS r SET revision = revision + 1
    FROM brought, jsonb_array_elements_text(d -> 'affected') AS x (participant_id)
    WHERE r.study_id = $1 AND r.participant_id = x.participant_id::uuid
),
-- with: alerts
-- What its words warn of: an alert a rule for everybody who may have written it.
warned AS (
    INSERT INTO pro.alerts (study_id, id, participant_id, inbound_id, rule, severity, uncertain_who,
        raised_at, actor)
    SELECT $1, x.id, x.participant_id, k.id, x.rule, x.severity, x.uncertain_who, pro.now(), x.actor
    FROM kept AS k, brought, jsonb_to_recordset(d -> 'alerts') AS x (id uuid, participant_id uuid, rule text,
        severity text, uncertain_who boolean, actor text)
    ON CONFLICT (study_id, inbound_id, participant_id, rule) WHERE inbound_id IS NOT NULL DO NOTHING
),
-- with: calls
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM brought, pro.call_task_rows($1, NULL, d -> 'calls') AS r
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
)
SELECT (SELECT count(*) FROM kept) AS stored;
