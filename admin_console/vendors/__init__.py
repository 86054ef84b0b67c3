"""The vendors: whether they can be called, what they cost, and a button that asks them."""
