"""Whose log a file is: told from its beginning by the mappings themselves."""
