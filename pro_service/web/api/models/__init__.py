"""What /api/v1 takes and answers: each model is the wire and its description at once."""
