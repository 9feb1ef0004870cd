"""Backfill: old logs to samples with times, as if the exporter had been there all along."""
