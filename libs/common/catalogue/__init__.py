"""`/v1/catalogue`: the data catalogue, generated from the contracts."""
