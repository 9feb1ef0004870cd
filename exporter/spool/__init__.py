"""The spool: what is received stays on disk until it is read and the reading is saved."""
