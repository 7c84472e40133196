"""Commands about measures: what is measured, and its values."""
