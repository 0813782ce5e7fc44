"""What travels between services and to the world: one declaration per message."""
