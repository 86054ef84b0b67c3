"""The command line, against one gateway for the whole folder."""
