"""What people do to the registry, one function per command."""
