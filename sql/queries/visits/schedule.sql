-- name: learn_sizes()
-- Count participants and visits as this transaction sees them, so that foreign keys are checked by the right
-- index, and keep to indexes until it ends. The plans kept for the session are made anew.
SELECT pro.learn_sizes(), set_config('enable_seqscan', 'off', true);

-- name: insert_participants(study_id, writes, visit_whose, visit_ids, definitions, kinds, occurrences, schedule_revisions, provisional, opens_at, target_on, closes_at, visit_actors, asked_whose, asked_ids, asked_visits, instruments, targets, asked_actors)
-- Enrol participants, each whole: identity, key, number, card, consent, status, site, and the schedule
-- that follows from the first events. `writes` is a JSON array of documents; visits and what they ask, of
-- which there are some fifty a participant, come as columns: each says whose it is.
WITH doc AS MATERIALIZED (
    SELECT w AS d, (w #>> '{participant,id}')::uuid AS id, w #>> '{participant,actor}' AS actor
    FROM jsonb_array_elements($2::jsonb) AS w
),
who AS (
    INSERT INTO pro.participants (study_id, id, code, personal_code, protocol_version_id, language, zone,
        channel, nudge_at, treated_knees, actor)
    SELECT $1, p.id, p.code, p.personal_code, p.protocol_version_id, p.language, p.zone, p.channel,
           p.nudge_at, p.treated_knees, p.actor
    FROM doc, jsonb_to_record(d -> 'participant') AS p (id uuid, code text, personal_code text,
        protocol_version_id uuid, language text, zone text, channel text, nudge_at time,
        treated_knees text[], actor text)
),
pinned AS (
    INSERT INTO pro.participant_protocols (study_id, id, participant_id, protocol_version_id, actor, reason)
    SELECT $1, doc.id, doc.id, (d #>> '{participant,protocol_version_id}')::uuid, doc.actor, 'enrolled' FROM doc
),
guarded AS (
    INSERT INTO pro.participant_revisions (study_id, participant_id) SELECT $1, doc.id FROM doc
),
placed AS (
    INSERT INTO pro.participant_sites (study_id, id, participant_id, site_id, valid_from, actor)
    SELECT $1, s.id, doc.id, s.site_id, pro.now(), doc.actor
    FROM doc, jsonb_to_record(d -> 'placing') AS s (id uuid, site_id uuid)
),
keyed AS (
    INSERT INTO pro.data_keys (study_id, id, participant_id, wrapped, wrapping_key)
    SELECT $1, k.id, doc.id, decode(k.wrapped, 'hex'), k.wrapping_key
    FROM doc, jsonb_to_record(d -> 'data_key') AS k (id uuid, wrapped text, wrapping_key text)
),
reached AS (
    INSERT INTO pro.contact_points (study_id, id, participant_id, kind, address_sealed, address_key,
        blind_index, index_key, valid_from, actor, tail_index)
    SELECT $1, c.id, doc.id, 'phone', decode(c.address_sealed, 'hex'), c.address_key,
           decode(c.blind_index, 'hex'), c.index_key, pro.now(), doc.actor, decode(c.tail_index, 'hex')
    FROM doc, jsonb_to_recordset(d -> 'contacts') AS c (id uuid, address_sealed text,
        address_key text, blind_index text, index_key text, tail_index text)
),
carded AS (
    INSERT INTO pro.cards (study_id, id, participant_id, token_sha256, link_key, actor, reason)
    SELECT $1, c.id, doc.id, decode(c.token_sha256, 'hex'), c.link_key, doc.actor, 'enrolled'
    FROM doc, jsonb_to_recordset(d -> 'cards') AS c (id uuid, token_sha256 text, link_key text)
),
identified AS (
    INSERT INTO pro.identities (study_id, id, participant_id, kind, value_sealed, value_key, actor, reason)
    SELECT $1, y.id, doc.id, y.kind, decode(y.value_sealed, 'hex'), y.value_key, doc.actor, 'enrolled'
    FROM doc, jsonb_to_recordset(d -> 'identities') AS y (id uuid, kind text, value_sealed text,
        value_key text)
),
noted AS (
    INSERT INTO pro.notes (study_id, id, participant_id, words_sealed, words_key, actor)
    SELECT $1, n.id, doc.id, decode(n.words_sealed, 'hex'), n.words_key, doc.actor
    FROM doc, jsonb_to_recordset(d -> 'notes') AS n (id uuid, words_sealed text, words_key text)
),
agreed AS (
    INSERT INTO pro.consents (study_id, id, participant_id, version, signed_on, messages, cross_border, caregiver, actor)
    SELECT $1, c.id, doc.id, c.version, c.signed_on, c.messages, c.cross_border, c.caregiver, doc.actor
    FROM doc, jsonb_to_record(d -> 'consent') AS c (id uuid, version text, signed_on date,
        messages boolean, cross_border boolean, caregiver boolean)
),
happened AS (
    INSERT INTO pro.events (study_id, id, participant_id, kind, ordinal, target, planned_on, occurred_at,
        actor, reason)
    SELECT $1, e.id, doc.id, e.kind, e.ordinal, e.target, e.planned_on, e.occurred_at, e.actor, e.reason
    FROM doc, jsonb_to_recordset(d #> '{schedule,events}') AS e (id uuid, kind text, ordinal integer,
        target text, planned_on date, occurred_at timestamptz, actor text, reason text)
),
dated AS (
    INSERT INTO pro.visits (study_id, participant_id, id, definition, kind, occurrence, schedule_revision,
        provisional, opens_at, target_on, closes_at, actor)
    SELECT $1, v.* FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::integer[], $8::integer[],
        $9::boolean[], $10::timestamptz[], $11::date[], $12::timestamptz[], $13::text[]) AS v
),
asked AS (
    INSERT INTO pro.assessments (study_id, participant_id, id, visit_id, instrument, target, actor)
    SELECT $1, a.* FROM unnest($14::uuid[], $15::uuid[], $16::uuid[], $17::text[], $18::text[],
        $19::text[]) AS a
),
nudged AS (
    INSERT INTO pro.reminders
    SELECT r.* FROM doc, pro.reminder_rows($1, doc.id, d #> '{schedule,reminders}') AS r
),
stood AS (
    INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, actor)
    SELECT $1, s.id, doc.id, s.status, pro.now(), doc.actor
    FROM doc, jsonb_to_record(d -> 'status') AS s (id uuid, status text)
    RETURNING id
)
SELECT (SELECT count(*) FROM stood) AS stored;

-- name: write_schedule(study_id, participant_id, revision, write)
-- Record events and statuses, or the move to another protocol version (pro.reason must be given), together
-- with the schedule that follows from them. `write` is one JSON document: reason, pins, events, statuses,
-- superseded, reclosed, visits, assessments, reminders, calls_ended, reports.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
pinned AS (
    INSERT INTO pro.participant_protocols (study_id, id, participant_id, protocol_version_id, actor, reason)
    SELECT $1, p.id, $2, p.protocol_version_id, p.actor, d ->> 'reason'
    FROM doc, jsonb_to_recordset(d -> 'pins') AS p (id uuid, protocol_version_id uuid, actor text)
    RETURNING protocol_version_id
),
moved AS (
    UPDATE pro.participants AS w SET protocol_version_id = p.protocol_version_id FROM pinned AS p
    WHERE w.study_id = $1 AND w.id = $2
),
happened AS (
    INSERT INTO pro.events (study_id, id, participant_id, kind, ordinal, target, planned_on, occurred_at,
        actor, reason)
    SELECT $1, e.id, $2, e.kind, e.ordinal, e.target, e.planned_on, e.occurred_at, e.actor, e.reason
    FROM doc, jsonb_to_recordset(d -> 'events') AS e (id uuid, kind text, ordinal integer, target text,
        planned_on date, occurred_at timestamptz, actor text, reason text)
),
stood AS (
    INSERT INTO pro.statuses SELECT r.* FROM doc, pro.status_rows($1, $2, d -> 'statuses') AS r
),
superseded AS (
    UPDATE pro.visits AS v SET superseded_at = pro.now(), superseded_reason = d ->> 'reason'
    FROM doc, jsonb_array_elements_text(d -> 'superseded') AS s (id)
    WHERE v.study_id = $1 AND v.id = s.id::uuid AND v.superseded_at IS NULL
    RETURNING v.id
),
-- A visit with answers keeps its dates, but ends when the event it led up to happened.
reclosed AS (
    UPDATE pro.visits AS v SET closes_at = c.closes_at
    FROM doc, jsonb_to_recordset(d -> 'reclosed') AS c (id uuid, closes_at timestamptz)
    WHERE v.study_id = $1 AND v.id = c.id
),
-- What it was is kept: every step of a statement sees the visits as they were before it.
closings AS (
    INSERT INTO pro.visit_closings (study_id, id, participant_id, visit_id, closes_at, actor)
    SELECT $1, c.closing_id, $2, v.id, v.closes_at, c.actor
    FROM doc, jsonb_to_recordset(d -> 'reclosed') AS c (id uuid, closing_id uuid, actor text)
    JOIN pro.visits AS v ON v.study_id = $1 AND v.id = c.id
),
-- A visit that moved takes its nudges with it.
moved_nudges AS (
    UPDATE pro.reminders AS r SET ended_at = pro.now(), end_reason = 'rescheduled'
    FROM superseded AS s
    WHERE r.study_id = $1 AND r.participant_id = $2 AND r.visit_id = s.id AND r.ended_at IS NULL
),
ended_calls AS (
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = 'service', outcome = d ->> 'reason'
    FROM doc
    WHERE k.study_id = $1 AND k.participant_id = $2 AND k.closed_at IS NULL
      AND (d -> 'calls_ended' ? k.visit_id::text OR d -> 'superseded' ? k.visit_id::text)
),
dated AS (
    INSERT INTO pro.visits (study_id, id, participant_id, definition, kind, occurrence,
        schedule_revision, provisional, opens_at, target_on, closes_at, actor)
    SELECT $1, v.id, $2, v.definition, v.kind, v.occurrence, v.schedule_revision, v.provisional,
           v.opens_at, v.target_on, v.closes_at, v.actor
    FROM doc, jsonb_to_recordset(d -> 'visits') AS v (id uuid, definition text, kind text,
        occurrence integer, schedule_revision integer, provisional boolean, opens_at timestamptz,
        target_on date, closes_at timestamptz, actor text)
),
asked AS (
    INSERT INTO pro.assessments (study_id, id, participant_id, visit_id, instrument, target, actor)
    SELECT $1, a.id, $2, a.visit_id, a.instrument, a.target, a.actor
    FROM doc, jsonb_to_recordset(d -> 'assessments') AS a (id uuid, visit_id uuid, instrument text,
        target text, actor text)
),
nudged AS (
    INSERT INTO pro.reminders SELECT r.* FROM doc, pro.reminder_rows($1, $2, d -> 'reminders') AS r
),
-- What tells of harm opens the step of an alert, once.
reported AS (
    INSERT INTO pro.alerts SELECT r.* FROM doc, pro.report_rows($1, $2, d -> 'reports') AS r
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_last_revisions(study_id, participant_id)
-- The highest schedule revision ever used of each visit, superseded ones included.
SELECT definition, occurrence, max(schedule_revision) AS schedule_revision
FROM pro.visits WHERE study_id = $1 AND participant_id = $2
GROUP BY definition, occurrence;

-- name: insert_visit_move(study_id, participant_id, id, visit_id, moved_from, actor, reason)
-- Keep that a visit was moved by hand, in the transaction that dates it.
INSERT INTO pro.visit_moves (study_id, id, participant_id, visit_id, moved_from, actor, reason)
VALUES ($1, $3, $2, $4, $5, $6, $7);

-- name: list_visit_moves(study_id, participant_id)
-- The visits that were moved by hand.
SELECT visit_id FROM pro.visit_moves WHERE study_id = $1 AND participant_id = $2;
