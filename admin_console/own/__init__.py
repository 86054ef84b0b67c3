"""What is the viewer's own."""
