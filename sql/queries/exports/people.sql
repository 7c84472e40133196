-- name: list_exported_events(study_id, participant_ids, as_of)
-- The latest word on every event of these participants, in this order, as recorded until an instant.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT e.kind, e.ordinal, e.target, e.planned_on, e.occurred_at, n.revisions, w.recorded_at, w.actor
    FROM pro.latest_events($1, p.id, $3) AS e
    JOIN pro.events AS w ON w.study_id = $1 AND w.id = e.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS revisions FROM pro.events AS o
        WHERE o.study_id = $1 AND o.participant_id = p.id AND o.kind = e.kind AND o.ordinal = e.ordinal
          AND o.recorded_at <= $3) AS n
    ORDER BY e.kind, e.ordinal
) AS x
ORDER BY p.place;

-- name: list_exported_statuses(study_id, participant_ids, as_of)
-- Every status of these participants, in this order, as recorded until an instant.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT s.id, s.status, s.effective_at, s.recorded_at, s.actor
    FROM pro.statuses AS s
    WHERE s.study_id = $1 AND s.participant_id = p.id AND s.recorded_at <= $3
    ORDER BY s.id
) AS x
ORDER BY p.place;

-- name: list_exported_consents(study_id, participant_ids, as_of)
-- Every consent of these participants, and every part given or taken back, as recorded until an instant.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT c.id, c.version, c.signed_on, c.messages, c.cross_border, c.caregiver, c.part, c.said_on, c.recorded_at,
           c.actor
    FROM pro.consents AS c
    WHERE c.study_id = $1 AND c.participant_id = p.id AND c.recorded_at <= $3
    ORDER BY c.id
) AS x
ORDER BY p.place;

-- name: list_exported_restrictions(study_id, participant_ids, as_of)
-- Every restriction of these participants, and every lifting of one, as recorded until an instant.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT r.restricted, r.recorded_at FROM pro.restrictions AS r
    WHERE r.study_id = $1 AND r.participant_id = p.id AND r.recorded_at <= $3
    ORDER BY r.id
) AS x
ORDER BY p.place;

-- name: list_exported_visits(study_id, participant_ids, as_of)
-- The visits of these participants by the schedule of an instant, or of the lock of each, with its window as it was then.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT v.id, v.definition, v.kind, v.occurrence, v.provisional, v.opens_at, v.target_on,
           CASE WHEN m.id IS NULL THEN v.closes_at ELSE m.closes_at END AS closes_at, v.schedule_revision,
           CASE WHEN i.until < $3 THEN i.until END AS locked_at
    FROM pro.analysable_visits($1, p.id, $3) AS i
    JOIN pro.visits AS v ON v.study_id = $1 AND v.id = i.visit_id
    LEFT JOIN LATERAL (
        SELECT c.id, c.closes_at FROM pro.visit_closings AS c
        WHERE c.study_id = v.study_id AND c.visit_id = v.id AND c.recorded_at > i.until
        ORDER BY c.id LIMIT 1) AS m ON true
    ORDER BY v.opens_at, v.id
) AS x
ORDER BY p.place;
