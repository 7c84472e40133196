-- name: list_taken_ids(provider, provider_ids)
-- Which of a provider's ids belong to messages already: what is left may be the one looked for.
SELECT m.provider_id FROM pro.messages AS m
WHERE m.provider = $1 AND m.provider_id = ANY ($2::text[]);

-- name: claim_turn(study_id, message_id, per_second, patience_seconds)
-- Take the next free turn of a message's sender, if it comes soon enough: how long to wait for it. One that is
-- far away was kept by a clock that has gone back since, and waits for nothing.
WITH sender AS (
    SELECT m.study_id, s.id AS sender_id FROM pro.messages AS m
    JOIN pro.lines AS l ON l.study_id = m.study_id AND l.id = m.line_id
    CROSS JOIN LATERAL pro.sender_of(m.study_id, l.sender_id, m.provider, m.id) AS s
    WHERE m.study_id = $1 AND m.id = $2
)
INSERT INTO pro.sender_paces AS p (study_id, sender_id, free_at)
SELECT sender.study_id, sender.sender_id,
       clock_timestamp() + interval '1 second' / $3::double precision
FROM sender
ON CONFLICT (study_id, sender_id) DO UPDATE
    SET free_at = CASE
            WHEN p.free_at < clock_timestamp() + $4::double precision * interval '1 second'
            THEN greatest(p.free_at, clock_timestamp()) ELSE clock_timestamp() END
        + interval '1 second' / coalesce(p.per_second::double precision, $3)
    WHERE p.free_at < clock_timestamp() + $4::double precision * interval '1 second'
       OR p.free_at > clock_timestamp() + interval '10 minutes'
           + interval '1 second' / coalesce(p.per_second::double precision, $3)
RETURNING greatest(0, extract(epoch FROM p.free_at
    - interval '1 second' / coalesce(p.per_second::double precision, $3) - clock_timestamp()))::double precision
    AS wait_seconds;

-- name: list_senders_of(study_id, participant_ids, providers)
-- The nearest of our addresses at these providers that speaks for each participant's site, and its own pace.
SELECT ps.participant_id, s.id, s.provider, p.per_second::double precision AS per_second
FROM pro.participant_sites AS ps
CROSS JOIN LATERAL (
    SELECT s.id, s.provider FROM pro.senders_in_use AS s
    WHERE s.study_id = $1 AND s.provider = ANY ($3::text[])
    ORDER BY s.site_id IS NOT DISTINCT FROM ps.site_id DESC, s.site_id IS NULL DESC, s.id LIMIT 1
) AS s
LEFT JOIN pro.sender_paces AS p ON p.study_id = $1 AND p.sender_id = s.id
WHERE ps.study_id = $1 AND ps.participant_id = ANY ($2::uuid[]) AND ps.valid_to IS NULL;

-- name: set_pace(study_id, sender_id, per_second, actor)
-- How many texts a second one of our addresses may send (NULL: what holds for its provider).
INSERT INTO pro.sender_paces AS p (study_id, sender_id, per_second, set_by, set_at)
VALUES ($1, $2, $3::double precision, $4, clock_timestamp())
ON CONFLICT (study_id, sender_id) DO UPDATE
    SET per_second = excluded.per_second, set_by = excluded.set_by, set_at = excluded.set_at;

-- name: list_senders(study_id)
-- Our addresses, the sites they speak for, the pace somebody set, and whether new texts go out from there.
SELECT s.id, s.provider, s.address, t.code AS site, p.per_second::double precision AS per_second,
       u.id IS NOT NULL AS in_use, coalesce(q.texts, 0) AS waiting
FROM pro.senders AS s
LEFT JOIN (SELECT o.id, count(*) AS texts FROM pro.messages AS m
           JOIN pro.lines AS l ON l.study_id = m.study_id AND l.id = m.line_id
           CROSS JOIN LATERAL pro.sender_of(m.study_id, l.sender_id, m.provider, m.id) AS o
           WHERE m.study_id = $1 AND m.state = 'queued' GROUP BY o.id) AS q ON q.id = s.id
LEFT JOIN pro.senders_in_use AS u ON u.study_id = s.study_id AND u.id = s.id
LEFT JOIN pro.sites AS t ON t.study_id = s.study_id AND t.id = s.site_id
LEFT JOIN pro.sender_paces AS p ON p.study_id = s.study_id AND p.sender_id = s.id
WHERE s.study_id = $1 ORDER BY s.provider, s.id;

-- name: list_senders_elsewhere(providers)
-- Our addresses new texts would go out from, and that belong to none of these providers.
SELECT t.code AS study, s.address, s.provider FROM pro.senders_in_use AS s
JOIN pro.studies AS t ON t.id = s.study_id
WHERE s.provider <> ALL ($1::text[])
ORDER BY t.code, s.address, s.provider;

-- name: count_waiting_elsewhere(providers)
-- Texts that wait to be sent or looked up at none of these providers.
SELECT m.provider, count(*) AS texts FROM pro.messages AS m
WHERE m.state IN ('queued', 'sending', 'ambiguous') AND m.provider <> ALL ($1::text[])
GROUP BY m.provider ORDER BY m.provider;

-- name: move_sender(study_id, from_id, provider, address, id, move_id, actor, reason)
-- From now on new texts of one sender go out from another, which is made if there is none; what went before
-- stays with the row it had. Nothing for an address that is another study's, or was another site's, nor for one a
-- stranger to this sender was moved away from: texts that come to it are that sender's.
WITH made AS (
    INSERT INTO pro.senders (study_id, id, channel, provider, address, site_id, actor)
    SELECT s.study_id, $5, s.channel, $3::text, $4::text, s.site_id, $7
    FROM pro.senders AS s WHERE s.study_id = $1 AND s.id = $2
    ON CONFLICT (provider, address) DO NOTHING
    RETURNING id
),
target AS (
    SELECT id FROM made
    UNION ALL
    SELECT s.id FROM pro.senders AS s
    JOIN pro.senders AS o ON o.study_id = s.study_id AND o.id = $2 AND o.site_id IS NOT DISTINCT FROM s.site_id
    WHERE s.study_id = $1 AND s.provider = $3 AND s.address = $4
      AND (EXISTS (SELECT FROM pro.senders_in_use AS u WHERE u.study_id = $1 AND u.id = s.id)
           OR s.id IN (SELECT j.id FROM pro.joined_senders($1, $2) AS j))
)
INSERT INTO pro.sender_moves (study_id, id, from_id, to_id, actor, reason)
SELECT $1, $6, $2, t.id, $7, $8 FROM target AS t
RETURNING to_id;

-- name: list_sender_moves(study_id)
-- From which address to which new texts went over, the latest first: what each sender was before.
SELECT m.from_id, m.to_id, f.provider, f.address, m.recorded_at, m.actor, m.reason
FROM pro.sender_moves AS m
JOIN pro.senders AS f ON f.study_id = m.study_id AND f.id = m.from_id
WHERE m.study_id = $1 ORDER BY m.id DESC;

-- name: insert_call(study_id, id, participant_id, reason, actor)
-- Ask staff to call a participant about a number, once while such a task is open; the participant's
-- turn is taken, so that whoever decides next sees it.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $3
)
INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)
VALUES ($1, $2, $3, $4, pro.now(), $5)
ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
RETURNING id;

-- name: list_inbound_sweeps(provider, first_look_seconds, overlap_seconds, grace_seconds)
-- Each of a provider's senders, and the span of its inbound texts to look through next.
SELECT s.study_id, s.id AS sender_id, s.address,
       coalesce(w.swept_until, clock_timestamp() - $2::double precision * interval '1 second')
           - $3::double precision * interval '1 second' AS since,
       clock_timestamp() - $4::double precision * interval '1 second' AS until,
       w.failed_at
FROM pro.senders AS s
LEFT JOIN pro.inbound_sweeps AS w ON w.study_id = s.study_id AND w.sender_id = s.id
WHERE s.provider = $1
ORDER BY s.study_id, s.id;

-- name: list_lines_written_to(study_id, sender_id, first_message_id)
-- The numbers one of our addresses, or what it was before, wrote to since, as messages' ids tell.
WITH written AS MATERIALIZED (
    SELECT DISTINCT m.line_id FROM pro.messages AS m WHERE m.study_id = $1 AND m.id >= $3
)
SELECT l.id AS line_id, l.their_address_sealed, l.their_address_key FROM written AS w
JOIN pro.lines AS l ON l.study_id = $1 AND l.id = w.line_id
JOIN pro.senders AS o ON o.study_id = $1 AND o.id = $2
CROSS JOIN LATERAL pro.sender_of($1, l.sender_id, o.provider, NULL) AS s
WHERE s.id = $2 ORDER BY l.id;

-- name: mark_inbound_swept(study_id, sender_id, until)
-- Everything up to an instant has been fed; a later one stays.
INSERT INTO pro.inbound_sweeps AS w (study_id, sender_id, swept_until) VALUES ($1, $2, $3)
ON CONFLICT (study_id, sender_id) DO UPDATE
SET swept_until = greatest(w.swept_until, excluded.swept_until), failed_at = NULL;

-- name: mark_inbound_failed(study_id, sender_id, swept_until, now)
-- A look failed for some numbers: how far everything has been fed stays where it is.
INSERT INTO pro.inbound_sweeps AS w (study_id, sender_id, swept_until, failed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (study_id, sender_id) DO UPDATE SET failed_at = excluded.failed_at;
