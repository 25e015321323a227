"""Benchmarks: they print and never fail. `make bench` runs them all."""
