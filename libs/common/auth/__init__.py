"""Who calls and what they may do: roles, permissions, tokens, signed requests."""
