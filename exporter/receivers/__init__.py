"""Receivers: logs that are sent over HTTP, kept in a spool before they are acknowledged."""
