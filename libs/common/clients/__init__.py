"""Typed clients, one per service. A method stands here when a consumer, named in it, needs it."""
