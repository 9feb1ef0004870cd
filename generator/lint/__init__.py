"""Lint across artefacts: what no file shows by itself, found before Prometheus or a pager does."""
