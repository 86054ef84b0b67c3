"""ATI tokens of a tenant for its administrators, and for members those that are bound to them."""
