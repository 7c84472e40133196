-- Two sittings as the release at 216a353 kept them. rid(n): an id.
INSERT INTO pro.studies (id, code, name, sender, actor) VALUES (rid(1), 'S', 'S', 'S', 'test');
INSERT INTO pro.protocol_versions (study_id, id, content_sha256, label, source, document, actor)
VALUES (rid(1), rid(2), repeat('0', 64), '1', '', '{}', 'test');
INSERT INTO pro.participants (study_id, id, code, personal_code, protocol_version_id, language, zone,
    channel, treated_knees, actor)
VALUES (rid(1), rid(3), 'P', 'P', rid(2), 'en', 'UTC', 'text', '{left_knee}', 'test');
INSERT INTO pro.visits (study_id, id, participant_id, definition, kind, schedule_revision, provisional,
    opens_at, target_on, closes_at, actor)
VALUES (rid(1), rid(4), rid(3), 'baseline', 'scheduled', 1, false, now() - interval '9 days',
        current_date, now() - interval '1 day', 'test');
INSERT INTO pro.assessments (study_id, id, participant_id, visit_id, instrument, target, actor)
VALUES (rid(1), rid(5), rid(3), rid(4), 'womac-nrs-3.1', 'left_knee', 'test');
INSERT INTO pro.attempts (study_id, id, participant_id, assessment_id, ordinal, mode, respondent,
    authentication, language, release, instrument_sha256, wording_sha256, started_at, actor)
SELECT rid(1), rid(10 + n), rid(3), rid(5), n, 'web', 'self', 'link', 'en', 'test', '0', '0',
       now() - interval '8 days' + n * interval '2 days', 'test' FROM generate_series(1, 2) AS n;
-- Sitting 1: a is corrected, b once, c overtaken. Sitting 2: a, and b corrected though its id is the lower.
INSERT INTO pro.responses (study_id, id, participant_id, assessment_id, attempt_id, item, value, lowest,
    highest, answered_at, received_at, replaces, reason, actor)
SELECT rid(1), rid(id), rid(3), rid(5), rid(10 + sitting), item, value, 0, 10, now(), now(),
       rid(replaces), reason, 'test'
FROM (VALUES (100, 1, 'a', 1, NULL, NULL), (101, 1, 'a', 2, 100, NULL), (102, 1, 'b', 3, NULL, NULL),
             (103, 1, 'b', 9, 102, 'overtaken'), (200, 2, 'a', 4, NULL, NULL),
             (202, 2, 'b', 5, NULL, NULL), (201, 2, 'b', 6, 202, NULL))
     AS r (id, sitting, item, value, replaces, reason);
INSERT INTO pro.current_responses (study_id, assessment_id, item, attempt_id, response_id)
VALUES (rid(1), rid(5), 'a', rid(12), rid(200)), (rid(1), rid(5), 'b', rid(12), rid(201));
