"""Fakes of providers in mainland China: registered texts, batches pushed, faults on a seed."""
