-- name: take_places(whats, whos, paces, bursts, longest, fresh)
-- A place in each of several queues of tries, or when to ask again.
SELECT wait, again FROM pro.take_places($1, $2, $3, $4, $5, $6);

-- name: give_places_back(whats, whos, paces)
-- A try that was right counts no more.
SELECT pro.give_places_back($1, $2, $3) AS done;
