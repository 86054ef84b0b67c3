"""Django's PostgreSQL, of which only a server that takes writes is of use."""
