"""Who is asking: tenants, teams, users and ATI tokens. One verb a file."""
