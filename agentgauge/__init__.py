"""agentgauge: the whole watch over a fleet of LLM agents, from one YAML file."""

__version__ = "0.1.0"
