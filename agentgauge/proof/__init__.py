"""Proofs: that rules, routes, messages and mappings do what they say, shown by the real tools."""
