"""The room of everybody who takes part: the grid by visits, its filters, the figures."""
