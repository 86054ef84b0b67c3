"""What every request passes before it comes to a door: encryption, other sites' pages, ceilings and deadlines."""
