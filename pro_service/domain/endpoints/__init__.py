"""What a statistician derives from scores: baseline, change, responders, curves, days. Pure.

All arithmetic is in Fractions, from exact scores: a bound that is met exactly counts as met, which
a score rounded to 12 places could miss.
"""
