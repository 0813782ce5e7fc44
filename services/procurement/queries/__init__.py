"""Every statement of procurement, by noun."""
