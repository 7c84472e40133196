"""What stands around every page of the desk: the bar of rooms, and the sentence of success."""
