"""Every statement of the matching, by noun."""
