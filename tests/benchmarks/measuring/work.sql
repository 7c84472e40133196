-- What a desk that is behind has to do, beside what large.sql leaves: of a hundred participants, eighteen have an alert
-- that is not closed, three have written words nobody has read, and to one the last two texts did not arrive.

UPDATE pro.alerts AS x SET acted_at = NULL, acted_by = NULL, action = NULL,
       seen_at = CASE WHEN o.place % 2 = 0 THEN x.seen_at END, seen_by = CASE WHEN o.place % 2 = 0 THEN x.seen_by END
FROM (SELECT id, row_number() OVER (ORDER BY raised_at DESC, id) AS place,
             (SELECT count(*) FROM pro.participants) * 18 / 100 AS most FROM pro.alerts) AS o
WHERE o.id = x.id AND o.place <= o.most;

UPDATE pro.inbounds AS i SET disposition = 'needs_reading', read_at = NULL, read_by = NULL,
       body_key = 'A256GCM:00000000-0000-7000-8000-000000000000',
       participant_id = CASE WHEN o.place % 7 = 0 THEN NULL ELSE i.participant_id END
FROM (SELECT id, row_number() OVER (ORDER BY received_at DESC, id) AS place,
             (SELECT count(*) FROM pro.participants) * 3 / 100 AS most FROM pro.inbounds) AS o
WHERE o.id = i.id AND o.place <= o.most;

UPDATE pro.messages AS m SET state = 'undelivered'
FROM (SELECT id, row_number() OVER (PARTITION BY participant_id ORDER BY id DESC) AS place,
             right(participant_id::text, 2) = '05' AS lost FROM pro.messages) AS o
WHERE o.id = m.id AND o.lost AND o.place <= 2 AND m.state = 'delivered';
