"""What the benchmarks share: a filled study, processes, rounds, and what each costs."""
