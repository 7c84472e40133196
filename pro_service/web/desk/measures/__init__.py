"""The rooms of measures: a participant's sheet, and files of values."""
