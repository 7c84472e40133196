-- name: opt_out_line(study_id, participant_id, revision, write)
-- Hold back every text on lines; whoever shares the number takes a turn, so that no claim overtakes it.
-- `write` is one JSON document: lines, opt_outs, affected, calls.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM doc, pro.line_rows($1, d -> 'lines') AS r
),
opted_out AS (
    INSERT INTO pro.opt_outs SELECT r.* FROM doc, pro.opt_out_rows($1, d -> 'opt_outs') AS r
    ON CONFLICT (study_id, line_id) WHERE ended_at IS NULL DO NOTHING
),
others_turn AS (
    UPDATE pro.participant_revisions AS r SET revision = revision + 1
    FROM doc, jsonb_array_elements_text(d -> 'affected') AS x (participant_id)
    WHERE r.study_id = $1 AND r.participant_id = x.participant_id::uuid
),
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM doc, pro.call_task_rows($1, $2, d -> 'calls') AS r
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
