"""Migrations that all services share; frozen once released."""
