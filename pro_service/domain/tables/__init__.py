"""What the cells of a table mean: heads, days, yes and no, knees, languages, numbers, codes.

Pure functions from a cell's text to a value. What is not clear raises CellError, whose message
ends the sentence "row 7, consent_on: ..." and never repeats the cell: it may be health data.
"""
