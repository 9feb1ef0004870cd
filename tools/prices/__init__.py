"""How the table of prices that is shipped is made."""
