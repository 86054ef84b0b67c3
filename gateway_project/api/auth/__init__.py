"""Sign-up, sign-in and what a caller may know about itself."""
