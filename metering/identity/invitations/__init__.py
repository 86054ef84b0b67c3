"""Invitations: one person, one mail, one password chosen by whoever has the mail."""
