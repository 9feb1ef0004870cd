"""The store: the series, and how they look to a scrape."""
