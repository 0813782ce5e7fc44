"""The story of one need through all four services, told by calls of their public APIs alone."""
