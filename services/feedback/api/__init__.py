"""The feedback over HTTP: a signature and one call each."""
