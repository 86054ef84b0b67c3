"""What is going on: calls and refusals, newest first, and the story of each. Reads only."""
