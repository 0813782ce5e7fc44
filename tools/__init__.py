"""Programs of `make`: what no ready-made tool checks or writes."""
