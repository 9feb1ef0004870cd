"""Where lines come from: one module for each kind of stream."""
