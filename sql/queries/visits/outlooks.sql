-- name: refresh_outlooks(study_id, participant_ids, items)
-- Make anew what is kept of these participants' visits where it is not as they are now; at how many it was.
SELECT pro.refresh_outlooks($1, $2, $3) AS refreshed;
