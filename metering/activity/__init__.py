"""What is going on: every call and every refusal as one list, newest first, and the story of each of them. Reads only."""
