"""Signing in at an identity provider by OpenID Connect: the authorization code flow with PKCE, state and nonce."""
