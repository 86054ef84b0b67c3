"""What finds private things in a text: a file for each kind, `registry.py` for all of them."""
