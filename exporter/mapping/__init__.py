"""The mapping: a preset's rules, compiled once to plain Python that applies blocks of events."""
