"""Images read blinded, as a whole: exams, lists, reads, findings, adjudication, lock."""
