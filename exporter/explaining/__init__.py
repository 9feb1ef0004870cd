"""Why a line became what it became: the rules that took it, what they moved, why others did not."""
