-- name: opt_out_line(study_id, participant_id, revision, write)
-- Hold back every text on a line; whoever shares the number takes a turn, so that no claim overtakes it.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
lined AS (
    INSERT INTO pro.lines (study_id, id, sender_id, their_index, their_address_sealed, their_address_key,
        actor)
    SELECT $1, l.id, l.sender_id, decode(l.their_index, 'hex'), decode(l.their_address_sealed, 'hex'),
           l.their_address_key, l.actor
    FROM doc, jsonb_to_recordset(d -> 'lines') AS l (id uuid, sender_id uuid, their_index text,
        their_address_sealed text, their_address_key text, actor text)
),
opted_out AS (
    INSERT INTO pro.opt_outs (study_id, id, line_id, participant_id, inbound_id, started_at, reason, actor)
    SELECT $1, o.id, o.line_id, o.participant_id, o.inbound_id, pro.now(), o.reason, o.actor
    FROM doc, jsonb_to_recordset(d -> 'opt_outs') AS o (id uuid, line_id uuid, participant_id uuid,
        inbound_id uuid, reason text, actor text)
    ON CONFLICT (study_id, line_id) WHERE ended_at IS NULL DO NOTHING
),
others_turn AS (
    UPDATE pro.participant_revisions AS r SET revision = revision + 1
    FROM doc, jsonb_array_elements_text(d -> 'affected') AS x (participant_id)
    WHERE r.study_id = $1 AND r.participant_id = x.participant_id::uuid
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
