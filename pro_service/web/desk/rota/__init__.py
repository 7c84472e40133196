"""The rota: who is told of urgent matters at a site, day by day (R10)."""
