-- name: record_signature(study_id, participant_id, revision, write)
-- Keep a signature, if the record is still what was shown to whoever signs. `write` is one JSON document: signatures.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
signed AS (
    INSERT INTO pro.signatures (study_id, id, participant_id, visit_id, format, content_sha256, meaning, printed_name,
        signed_at, actor)
    SELECT $1, s.id, $2, s.visit_id, s.format, s.content_sha256, s.meaning, s.printed_name, s.signed_at, s.actor
    FROM doc, jsonb_to_recordset(d -> 'signatures') AS s (id uuid, visit_id uuid, format integer,
        content_sha256 text, meaning text, printed_name text, signed_at timestamptz, actor text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_signatures(study_id, participant_ids, as_of)
-- The signatures about participants, in this order, that there were at an instant; about each in the order of signing.
SELECT s.participant_id, s.id, s.visit_id, v.definition, v.occurrence, s.format, s.content_sha256, s.meaning,
       s.printed_name, s.signed_at, s.actor
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
JOIN pro.signatures AS s ON s.study_id = $1 AND s.participant_id = p.id AND s.recorded_at <= $3
LEFT JOIN pro.visits AS v ON v.study_id = s.study_id AND v.id = s.visit_id
ORDER BY p.place, s.id;

-- name: list_signed_participants(study_id, as_of)
-- About whom there were signatures at an instant.
SELECT DISTINCT s.participant_id FROM pro.signatures AS s WHERE s.study_id = $1 AND s.recorded_at <= $2
ORDER BY s.participant_id;

-- name: list_signed_people(study_id, participant_ids)
-- Whose records they are, in this order, and the versions of the protocol each followed, each since when.
SELECT p.id AS participant_id, y.code AS study, p.code,
       (SELECT jsonb_agg(jsonb_build_object('since', h.recorded_at, 'content_sha256', w.content_sha256) ORDER BY h.id)
        FROM pro.participant_protocols AS h
        JOIN pro.protocol_versions AS w ON w.study_id = h.study_id AND w.id = h.protocol_version_id
        WHERE h.study_id = p.study_id AND h.participant_id = p.id) AS protocols
FROM unnest($2::uuid[]) WITH ORDINALITY AS o (id, place)
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = o.id
JOIN pro.studies AS y ON y.id = p.study_id
ORDER BY o.place;

-- name: list_changes_since(study_id, participant_id, since)
-- What was recorded of a participant's sittings after an instant, latest last: which sitting, which item or scale, when
-- and by whom.
SELECT v.definition, v.occurrence, a.instrument, a.target, t.ordinal AS sitting, x.what, x.name, x.recorded_at, x.actor
FROM (SELECT r.attempt_id, 'item' AS what, r.item AS name, r.recorded_at, r.actor FROM pro.responses AS r
      WHERE r.study_id = $1 AND r.participant_id = $2 AND r.recorded_at > $3
      UNION ALL
      SELECT s.attempt_id, 'score', s.basis || ':' || s.scale, s.recorded_at, s.actor FROM pro.scores AS s
      WHERE s.study_id = $1 AND s.participant_id = $2 AND s.recorded_at > $3
      UNION ALL
      SELECT o.id, 'sitting', '', coalesce(o.sending_entered_at, o.submitted_at, o.recorded_at), o.actor
      FROM pro.attempts AS o
      WHERE o.study_id = $1 AND o.participant_id = $2
        AND greatest(o.recorded_at, coalesce(o.sending_entered_at, o.submitted_at)) > $3) AS x
JOIN pro.attempts AS t ON t.study_id = $1 AND t.id = x.attempt_id
JOIN pro.assessments AS a ON a.study_id = $1 AND a.id = t.assessment_id
JOIN pro.visits AS v ON v.study_id = $1 AND v.id = a.visit_id
ORDER BY x.recorded_at;

-- name: count_visits_to_sign(study_id, sites, most)
-- How many visits of participants at these sites can be signed, and were not since they closed; counted to so many.
SELECT pro.desk_count_to_sign($1, $2, $3);

-- name: count_void_signatures(study_id, sites)
-- How many signatures at these sites are void.
SELECT coalesce(sum(v.signatures), 0)::bigint FROM pro.desk_void_signatures($1, $2) AS v;

-- name: list_void_signatures(study_id, sites)
-- Whose signatures at these sites are void, and how many.
SELECT v.code, v.site_id, v.signatures FROM pro.desk_void_signatures($1, $2) AS v;

-- name: list_people_to_sign(study_id, sites, most)
-- Whose visits can be signed, at which site, how many, and since when the first of them: the longest waiting first; with
-- the data queries about them that nobody has closed.
SELECT f.code, f.site_id, f.visits, f.since,
       (SELECT count(*) FROM pro.data_queries_standing AS q
        WHERE q.study_id = $1 AND q.participant_id = f.participant_id AND q.state <> 'closed') AS open_queries
FROM pro.desk_first_to_sign($1, $2, $3) AS f ORDER BY f.since, f.code;

-- name: count_open_queries(study_id, participant_id)
-- How many data queries about a participant nobody has closed.
SELECT count(*) FROM pro.data_queries_standing AS q
WHERE q.study_id = $1 AND q.participant_id = $2 AND q.state <> 'closed';
