"""`python -m agentgauge`."""

from agentgauge.cli import main

main()
