"""The rooms of the desk: where each is, what it lists, what it says was done."""
