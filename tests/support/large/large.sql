-- A large study for tests of query plans, set-based; see large.py. :participants is filled in.
-- rid(kind, n): the n-th id of a kind. token(kind, n): bytes that stand for a hash or a sealed text.
-- definition(v), item(of_pain, n): what the example study calls its visits and questions. :answers is how many
-- of the 24 questions of a WOMAC were answered.

CREATE FUNCTION pg_temp.rid(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.token(kind text, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT sha256(convert_to(kind || ':' || n, 'UTF8')) $$;
CREATE FUNCTION pg_temp.definition(v integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT (('{baseline,safety_1,safety_3,safety_7,week_2,month_1,month_2,month_3,month_4,month_6,month_7,month_8,'
    || 'month_9,month_10,month_11,month_12,early_termination,unscheduled}')::text[])[v] $$;
CREATE FUNCTION pg_temp.item(of_pain boolean, n integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN of_pain THEN 'pain' WHEN n <= 5 THEN 'pain_' || n WHEN n <= 7 THEN 'stiffness_' || n - 5
               ELSE 'function_' || n - 7 END $$;

INSERT INTO pro.studies (id, code, name, sender, actor)
VALUES (pg_temp.rid(1, 1), 'LARGE', 'Large', 'Study team', 'test');

INSERT INTO pro.protocol_versions (study_id, id, content_sha256, label, source, document, actor)
VALUES (pg_temp.rid(1, 1), pg_temp.rid(2, 1), repeat('0', 64), '1', '',
    '{"safety": {"escalate_after_hours": 24}, "study": {"scores_visible_to": ["investigator"]},
      "coming": {"escalation": {"hold_minutes": 30, "steps": []}}}', 'test');

INSERT INTO pro.sites (study_id, id, code, name, zone, country, telephone, emergency_number, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(3, s), 'S' || s, 'Site ' || s, 'Europe/London', 'GB',
       '+12025550100', '999', 'test' FROM generate_series(1, 4) AS s;

INSERT INTO pro.senders (study_id, id, channel, provider, address, actor)
VALUES (pg_temp.rid(1, 1), pg_temp.rid(12, 1), 'sms', 'simulator', '+12025550199', 'test');

INSERT INTO pro.participants (study_id, id, code, personal_code, protocol_version_id, language,
    zone, channel, treated_knees, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(4, p), 'L-' || p, 'L' || p, pg_temp.rid(2, 1),
       CASE p % 2 WHEN 0 THEN 'en' ELSE 'zh_CN' END, 'Asia/Shanghai',
       CASE p % 2 WHEN 0 THEN 'text' ELSE 'link' END, '{left_knee}', 'test'
FROM generate_series(1, :participants) AS p;

-- Twenty of them are due for a look; at the others there is none to take for hours.
INSERT INTO pro.participant_revisions (study_id, participant_id, calls_at, closings_at)
SELECT pg_temp.rid(1, 1), pg_temp.rid(4, p),
       CASE WHEN p > 20 THEN now() + interval '9 hours' ELSE '-infinity' END,
       CASE WHEN p > 20 THEN now() + interval '9 hours' ELSE '-infinity' END
FROM generate_series(1, :participants) AS p;

INSERT INTO pro.participant_sites (study_id, id, participant_id, site_id, valid_from, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p), pg_temp.rid(4, p), pg_temp.rid(3, 1 + p % 4),
       now() - interval '1 year', 'test' FROM generate_series(1, :participants) AS p;

INSERT INTO pro.placings_by_code (study_id, id, code, site_id, until)
SELECT study_id, pg_temp.rid(14, p), 'L-' || p, pg_temp.rid(3, 1 + p % 4), 'infinity'
FROM generate_series(1, :participants) AS p, pg_temp.rid(1, 1) AS study_id;

INSERT INTO pro.data_keys (study_id, id, participant_id, wrapped, wrapping_key)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p), pg_temp.rid(4, p), pg_temp.token('key', p), 'm1'
FROM generate_series(1, :participants) AS p;

-- A card and a session each, and three choices of every participant.
INSERT INTO pro.cards (study_id, id, participant_id, token_sha256, link_key, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p), pg_temp.rid(4, p),
       sha256(convert_to('card' || p, 'UTF8')), 'l1', 'test'
FROM generate_series(1, :participants) AS p;

INSERT INTO pro.participant_sessions (id_sha256, study_id, participant_id, card_id, authentication)
SELECT sha256(convert_to('session' || p, 'UTF8')), pg_temp.rid(1, 1), pg_temp.rid(4, p),
       pg_temp.rid(14, p), 'card' FROM generate_series(1, :participants) AS p;

INSERT INTO pro.preferences (study_id, id, participant_id, language, channel, nudge_at, larger_text,
    actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, 3 * p + n), pg_temp.rid(4, p), NULL, NULL, '10:00', false,
       'test' FROM generate_series(1, :participants) AS p, generate_series(0, 2) AS n;

-- Every twentieth number is shared with the participant before.
INSERT INTO pro.contact_points (study_id, id, participant_id, kind, address_sealed, address_key,
    blind_index, index_key, valid_from, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p), pg_temp.rid(4, p), 'phone',
       pg_temp.token('sealed', p), 'A256GCM:x',
       pg_temp.token('number', CASE p % 20 WHEN 0 THEN p - 1 ELSE p END), 'i1',
       now() - interval '1 year', 'test' FROM generate_series(1, :participants) AS p;

INSERT INTO pro.consents (study_id, id, participant_id, version, signed_on, messages, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p), pg_temp.rid(4, p), '1', current_date - 300, true,
       'test' FROM generate_series(1, :participants) AS p;

INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, 2 * p + n), pg_temp.rid(4, p),
       (ARRAY['screened', 'active'])[n + 1], now() - interval '300 days', 'test'
FROM generate_series(1, :participants) AS p, generate_series(0, 1) AS n;

INSERT INTO pro.events (study_id, id, participant_id, kind, ordinal, occurred_at, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, 2 * p + n), pg_temp.rid(4, p),
       (ARRAY['consent', 'injection'])[n + 1], 1, now() - interval '300 days', 'test'
FROM generate_series(1, :participants) AS p, generate_series(0, 1) AS n;

-- Visit 1..9 closed (the participants' days are spread), 10 open about now, the rest to come. Enrolment writes
-- a participant's visits, and what they ask, together.
INSERT INTO pro.visits (study_id, id, participant_id, definition, kind, occurrence,
    schedule_revision, provisional, opens_at, target_on, closes_at, actor, chosen_for)
SELECT pg_temp.rid(1, 1), pg_temp.rid(5, (p - 1) * 18 + v), pg_temp.rid(4, p), pg_temp.definition(v),
       'scheduled', 1, 2, false, opens, opens::date, opens + interval '5 days', 'test',
       CASE WHEN opens + interval '5 days' < now() AND (p > 50 OR v > 2) THEN opens + interval '5 days' END
FROM generate_series(1, :participants) AS p, generate_series(1, 18) AS v,
     LATERAL (SELECT now() + ((v - 10) * 14 - p % 4) * interval '1 day' - interval '6 hours'
                     AS opens) AS x
ORDER BY p, v;

INSERT INTO pro.visits (study_id, id, participant_id, definition, kind, occurrence,
    schedule_revision, provisional, opens_at, target_on, closes_at, superseded_at,
    superseded_reason, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(5, 18 * :participants + 2 * p + n), pg_temp.rid(4, p),
       pg_temp.definition(17 + n), 'scheduled', 1, 1, true, now(), current_date, now() + interval '5 days',
       now(), 'moved', 'test'
FROM generate_series(1, :participants) AS p, generate_series(0, 1) AS n;

-- Of what closed, 85 of 100 were answered, 5 left unfinished and scored so, 10 missed.
INSERT INTO pro.assessments (study_id, id, participant_id, visit_id, instrument, target,
    submitted_at, partial_scored_at, actor)
SELECT v.study_id, pg_temp.rid(6, 2 * n.n + i), v.participant_id, v.id,
       (ARRAY['womac-nrs-3.1', 'pain-nrs'])[i + 1], 'left_knee',
       CASE WHEN closed AND n.n % 20 > 2 THEN opens_at + interval '1 day' END,
       CASE WHEN closed AND n.n % 20 = 0 AND n.n > 1000 THEN closes_at END, 'test'
FROM pro.visits AS v, generate_series(0, 1) AS i,
     LATERAL (SELECT ('x' || right(v.id::text, 8))::bit(32)::bigint AS n) AS n,
     LATERAL (SELECT v.closes_at < now() AS closed) AS c
WHERE v.superseded_at IS NULL
ORDER BY n.n, i;

-- A tablet was handed over to everybody once; three lie untouched.
INSERT INTO pro.tablet_handovers (study_id, id, participant_id, site_id, visit_id, assessment_ids, code_sha256,
    link_key, idle_minutes, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p), pg_temp.rid(4, p), pg_temp.rid(3, 1 + p % 4),
       pg_temp.rid(5, (p - 1) * 18 + 1), ARRAY[pg_temp.rid(6, 2 * ((p - 1) * 18 + 1))],
       sha256(convert_to('tablet' || p, 'UTF8')), 'l1', 10, 'test' FROM generate_series(1, :participants) AS p;
INSERT INTO pro.tablet_sessions (id_sha256, study_id, handover_id, idle_at, ended_at)
SELECT sha256(convert_to('tablet' || p, 'UTF8')), pg_temp.rid(1, 1), pg_temp.rid(14, p),
       clock_timestamp() - interval '1 hour', CASE WHEN p > 3 THEN clock_timestamp() END
FROM generate_series(1, :participants) AS p;

INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode, respondent,
    authentication, language, release, instrument_sha256, wording_sha256, started_at,
    submitted_at, actor)
SELECT a.study_id, pg_temp.rid(7, n.n), a.participant_id, a.id, 1, 'text', 'self', 'known_number',
       'en', 'test', '0', '0', v.opens_at, a.submitted_at, 'test'
FROM pro.assessments AS a JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id,
     LATERAL (SELECT ('x' || right(a.id::text, 8))::bit(32)::bigint AS n) AS n
WHERE a.submitted_at IS NOT NULL OR (v.opens_at < now() AND (n.n / 2) % 20 = 0);

-- Without statistics what follows is planned as for empty tables.
ANALYZE pro.visits, pro.assessments, pro.attempts;

INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item, value,
    lowest, highest, answered_at, received_at, actor)
SELECT t.study_id, pg_temp.rid(8, n.n * 32 + i), t.participant_id, t.assessment_id, t.id,
       pg_temp.item(n.n % 2 = 1, i), i % 6, 0, 10, t.started_at, t.started_at, 'test'
FROM pro.attempts AS t,
     LATERAL (SELECT ('x' || right(t.id::text, 8))::bit(32)::bigint AS n) AS n,
     generate_series(1, CASE n.n % 2 WHEN 0 THEN :answers ELSE 1 END) AS i;

INSERT INTO pro.sitting_responses (study_id, attempt_id, item, response_id)
SELECT study_id, attempt_id, item, id FROM pro.responses;

-- Of what closed it is written down which sitting stands, but for a few visits that wait for it.
INSERT INTO pro.standing_sittings (study_id, id, participant_id, assessment_id, attempt_id, reason,
    closes_at, actor)
SELECT t.study_id, pg_temp.rid(14, ('x' || right(t.id::text, 8))::bit(32)::bigint), t.participant_id,
       t.assessment_id, t.id, 'only', v.closes_at, 'test'
FROM pro.attempts AS t
JOIN pro.assessments AS a ON a.study_id = t.study_id AND a.id = t.assessment_id
JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
WHERE v.chosen_for = v.closes_at;

INSERT INTO pro.scores (study_id, id, participant_id, assessment_id, attempt_id, basis, scale,
    revision, instrument, instrument_version, scoring_version, raw, lowest, highest, answered,
    substituted, actor)
SELECT t.study_id, pg_temp.rid(14, n.n * 4 + i), t.participant_id, t.assessment_id, t.id, 'complete',
       'scale_' || i, 1, 'womac-nrs-3.1', '1', '1', 5, 0, 50, 5, 0, 'test'
FROM pro.attempts AS t,
     LATERAL (SELECT ('x' || right(t.id::text, 8))::bit(32)::bigint AS n) AS n,
     generate_series(1, 2) AS i
WHERE t.submitted_at IS NOT NULL;

INSERT INTO pro.invitations (study_id, id, participant_id, visit_id, token_sha256, link_key,
    expires_at, actor)
SELECT study_id, pg_temp.rid(14, n.n), participant_id, id, pg_temp.token('link', n.n), 'l1',
       closes_at, 'test'
FROM pro.visits, LATERAL (SELECT ('x' || right(id::text, 8))::bit(32)::bigint AS n) AS n
WHERE opens_at < now() AND superseded_at IS NULL;

INSERT INTO pro.lines (study_id, id, sender_id, their_index, their_address_sealed,
    their_address_key, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(11, p), pg_temp.rid(12, 1), pg_temp.token('number', p),
       pg_temp.token('sealed', p), 'A256GCM:x', 'test'
FROM generate_series(1, :participants) AS p WHERE p % 20 <> 0;

INSERT INTO pro.conversations (study_id, id, line_id, participant_id, dialogue)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, p),
       pg_temp.rid(11, CASE p % 20 WHEN 0 THEN p - 1 ELSE p END), pg_temp.rid(4, p), '{}'
FROM generate_series(1, :participants) AS p;

-- Forty reminders' and replies' worth of texts each; the newest few are still under way.
INSERT INTO pro.messages (study_id, id, participant_id, line_id, kind, template, language,
    body_sealed, body_key, encoding, segments, state, provider, provider_id, claimed_at,
    lease_until, retry_at, tries, expires_at, recorded_at, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(9, m), pg_temp.rid(4, p),
       pg_temp.rid(11, CASE p % 20 WHEN 0 THEN p - 1 ELSE p END),
       CASE m / :participants % 2 WHEN 0 THEN 'reminder' ELSE 'reply' END, 'reminder.text', 'en',
       pg_temp.token('body', m), 'A256GCM:x', 'GSM-7', 1, state, 'simulator',
       CASE WHEN state <> 'accepted' THEN 'out-' || m END, at,
       CASE state WHEN 'sending' THEN now() + (m % 3 - 1) * interval '1 minute' END,
       CASE state WHEN 'queued' THEN now() + (m % 3 - 1) * interval '1 minute' END,
       1, at + m % 4 * interval '1 day', at, 'test'
FROM generate_series(1, 50 * :participants) AS m,
     LATERAL (SELECT 1 + m % :participants AS p,
                     now() - (50 * :participants - m) * interval '1 minute' AS at,
                     CASE WHEN m <= 50 * :participants - 60 THEN 'delivered'
                          ELSE (ARRAY['queued', 'sending', 'ambiguous', 'accepted'])[1 + m % 4] END AS state
     ) AS x;

INSERT INTO pro.message_keys (study_id, dedupe_key, message_id)
SELECT study_id, 'reminder:' || id, id FROM pro.messages;

-- Four nudges for each visit that has opened, one open nudge for each that has not. Those that were sent became
-- reminder texts to their participant: of the fifty messages of each every second one is.
INSERT INTO pro.reminders (study_id, id, participant_id, visit_id, schedule_revision, ordinal,
    due_at, ended_at, end_reason, message_id, actor)
SELECT v.study_id, pg_temp.rid(10, 4 * n.n + i), v.participant_id, v.id, 2, i + 1,
       v.opens_at + i * interval '1 day', ended,
       CASE WHEN ended IS NOT NULL THEN CASE i % 2 WHEN 0 THEN 'sent' ELSE 'answered' END END,
       CASE WHEN ended IS NOT NULL AND i % 2 = 0 THEN
           pg_temp.rid(9, (2 + (n.n - 1) % 18 * 4 + i) * :participants + (n.n - 1) / 18) END, 'test'
FROM pro.visits AS v,
     LATERAL (SELECT ('x' || right(v.id::text, 8))::bit(32)::bigint AS n) AS n,
     generate_series(0, CASE WHEN v.opens_at < now() THEN 3 ELSE 0 END) AS i,
     LATERAL (SELECT CASE WHEN v.opens_at < now() AND n.n % 500 <> 10
                          THEN v.opens_at + i * interval '1 day' END AS ended) AS x
WHERE v.superseded_at IS NULL AND (i = 0 OR ended IS NOT NULL);

INSERT INTO pro.inbounds (study_id, id, line_id, participant_id, provider, provider_id, body_sealed,
    body_key, disposition, reply_message_id, received_at, actor)
SELECT study_id, pg_temp.rid(13, n.n), line_id, participant_id, 'simulator', 'in-' || n.n,
       body_sealed, body_key, 'answer', id, claimed_at, 'test'
FROM pro.messages, LATERAL (SELECT ('x' || right(id::text, 8))::bit(32)::bigint AS n) AS n
WHERE kind = 'reply';

-- Numbers of nobody write, too: as many texts as a twentieth of the participants, each from a line of its own.
INSERT INTO pro.lines (study_id, id, sender_id, their_index, their_address_sealed, their_address_key, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(11, :participants + n), pg_temp.rid(12, 1), pg_temp.token('stranger', n),
       pg_temp.token('sealed', n), 'A256GCM:x', 'test' FROM generate_series(1, :participants / 20) AS n;
INSERT INTO pro.inbounds (study_id, id, line_id, provider, provider_id, body_sealed, body_key, disposition, received_at, actor)
SELECT study_id, pg_temp.rid(13, 50 * :participants + n), pg_temp.rid(11, :participants + n), 'simulator',
       'stranger-' || n, pg_temp.token('body', n), 'A256GCM:x', 'unknown', now() - n * interval '1 day', 'test'
FROM generate_series(1, :participants / 20) AS n, pro.studies AS t (study_id);

INSERT INTO pro.provider_events (study_id, provider, provider_id, inbound_id)
SELECT study_id, provider, provider_id, id FROM pro.inbounds;

-- What a provider pushed in batches: nearly all worked off and emptied, a few still to be.
INSERT INTO pro.provider_pushes (study_id, id, provider, kind, body_sealed, body_key, worked_at, taken)
SELECT study_id, pg_temp.rid(28, n.n), 'aliyun', 'receipts', CASE WHEN n.n % 500 = 0 THEN body_sealed END,
       CASE WHEN n.n % 500 = 0 THEN body_key END, CASE WHEN n.n % 500 > 0 THEN clock_timestamp() END, 1
FROM pro.messages, LATERAL (SELECT ('x' || right(id::text, 8))::bit(32)::bigint AS n) AS n
WHERE kind = 'reply';

INSERT INTO pro.opt_outs (study_id, id, line_id, started_at, ended_at, reason, actor)
SELECT study_id, id, id, now(), CASE WHEN their_index < '\x10' THEN now() END, 'said so', 'test'
FROM pro.lines WHERE their_index < '\x14';

-- A third of the texts that came names a sign of harm; all but a few have been read.
UPDATE pro.inbounds SET urgent = true, read_at = r.at, read_by = CASE WHEN r.at IS NOT NULL THEN 'staff:test' END
FROM (SELECT n.id, CASE WHEN n.received_at NOT BETWEEN now() - interval '25 hours' AND now() - interval '24 hours'
                        THEN n.received_at END AS at
      FROM pro.inbounds AS n) AS r
WHERE r.id = inbounds.id AND right(r.id::text, 1) IN ('1', '5', '9', 'c', 'f');

-- Urgent alerts, all but a few of which somebody has seen.
INSERT INTO pro.alerts (study_id, id, participant_id, assessment_id, rule, severity, raised_at,
    seen_at, seen_by, acted_at, acted_by, action, actor)
SELECT study_id, id, participant_id, id, 'high_pain', 'urgent', submitted_at,
       CASE WHEN right(id::text, 3) <> '001' THEN submitted_at + interval '1 hour' END,
       CASE WHEN right(id::text, 3) <> '001' THEN 'staff:test' END,
       CASE WHEN right(id::text, 3) NOT IN ('001', '002') THEN submitted_at + interval '2 hours' END,
       CASE WHEN right(id::text, 3) NOT IN ('001', '002') THEN 'staff:test' END,
       CASE WHEN right(id::text, 3) NOT IN ('001', '002') THEN 'rang' END, 'test'
FROM pro.assessments WHERE submitted_at IS NOT NULL AND right(id::text, 1) IN ('1', '2');

INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, closes_at, created_at,
    closed_at, closed_by, outcome, actor)
SELECT study_id, id, participant_id, id, 'silent', closes_at, opens_at,
       CASE WHEN done THEN closes_at END, CASE WHEN done THEN 'test' END,
       CASE WHEN done THEN 'reached' END, 'test'
FROM pro.visits, LATERAL (SELECT closes_at < now() AS done) AS x
WHERE superseded_at IS NULL AND opens_at < now() AND right(id::text, 1) IN ('1', '2', '3');

-- Calls whose window closed days ago, and some about texts that somebody has read meanwhile.
INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, closes_at, created_at, actor)
SELECT pg_temp.rid(1, 1), pg_temp.rid(14, 4 * p + n), pg_temp.rid(4, p),
       (ARRAY['safety_unanswered', 'text_unread'])[n + 1],
       CASE WHEN n = 0 THEN now() - interval '3 days' END, now() - interval '9 days', 'test'
FROM generate_series(1, 5) AS p, generate_series(0, 1) AS n;

INSERT INTO pro.web_writes (study_id, idempotency_key, participant_id)
SELECT study_id, 'key-' || right(id::text, 8), participant_id FROM pro.attempts;
