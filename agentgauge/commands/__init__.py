"""The verbs of the command line, one module each; each has a `command`."""
