"""The record as a whole: seals of the audit, and its entries against the rows they describe."""
