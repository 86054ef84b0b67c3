"""What is going on: calls and refusals as one list, newest first, and the story of each of them. Reads only."""
