"""The matching over HTTP: a signature and one call each."""
