"""What staff do about one participant, and whom they enrol."""
