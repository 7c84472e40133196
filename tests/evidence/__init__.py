"""Which tests show that a requirement on a trial's record is met; `python -m tests.evidence` tells.

The requirements stand in `requirements/`, one file a source, in words of our own. `read.py` reads
them, `results.py` reads what a run of the tests said, `write.py` sets one against the other.
"""
