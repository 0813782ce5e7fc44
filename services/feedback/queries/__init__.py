"""Every statement of the feedback, by noun."""
