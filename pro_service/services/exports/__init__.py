"""What leaves the service: tables of answers and scores, and who has answered."""
