"""What staff do about one participant, through the pages they do it on."""
