"""The HTTP servers: what is shown to scrapers and people, and where logs are received."""

DEFAULT_ADDRESS = ":9477"
DEFAULT_TELEMETRY_PATH = "/metrics"
