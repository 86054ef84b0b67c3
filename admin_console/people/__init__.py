"""People of a tenant, invitations and teams: the pages of its administrators, and of operators who chose a tenant."""
