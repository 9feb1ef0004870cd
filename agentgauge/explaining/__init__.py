"""What `agentgauge explain` prints: records one by one, or summed up; as text, or as JSON."""
