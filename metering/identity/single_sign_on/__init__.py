"""People who sign in at an identity provider: who they are here, and what its groups give and take."""
