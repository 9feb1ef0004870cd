"""A small fleet that isn't real: agents that write logs and have an incident now and then."""
