"""What all visualisations share: the envelope, queries, fields, units, colours and layout."""
