"""The native API of the registry: HTTP in, one call, HTTP out."""
