"""Benchmarks: the exporter beside its peers, in one run, as ratios."""
