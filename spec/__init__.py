"""The spec: one YAML file that describes a fleet of agents, loaded, checked and typed."""
