"""What every use case stands on: the catalogue, keys, and a participant's facts."""
