"""Procurement over HTTP: a signature and one call each."""
