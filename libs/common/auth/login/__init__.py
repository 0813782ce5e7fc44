"""Signing in through the city's identity providers: who they say it is becomes a token of ours."""
