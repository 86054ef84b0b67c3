"""The client of a gateway, against one in a process of its own."""
