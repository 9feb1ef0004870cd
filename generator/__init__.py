"""The generator: a spec in, dashboards, rules, routes, tests and runbooks out."""
