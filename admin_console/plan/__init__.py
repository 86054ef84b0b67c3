"""What a plan allows, as one table that is edited and compared with another plan's."""
