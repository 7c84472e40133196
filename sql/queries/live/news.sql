-- name: look_at_session(session_sha256, idle, lifetime)
-- Who an open session is, without its lasting any longer.
SELECT person_id, person_login, language, studies, study_id, study, study_name, staff_id, login, assignments,
       proved_ago, has_factor, factor_proved, held_roles
FROM pro.session_of($1, $2, $3);

-- name: list_listening(sessions, roles, idle, lifetime)
-- Which of these sessions are open now, in which study, and at which sites they hold one of these roles.
SELECT session_sha256, study_id, site_ids, now FROM pro.listening($1, $2, $3, $4);

-- name: list_news(sites, since, most)
-- What is new about whom is now at one of these sites, first what came first.
SELECT study_id, site_id, kind, id, participant_id FROM pro.news_since($1, $2, $3);
