"""The exporter: agents' log lines in, Prometheus metrics out."""
