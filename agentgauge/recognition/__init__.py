"""What `agentgauge init` finds on a machine: logs of agents, and globs that read each once."""
