"""`/exchange/v1`: the portal pulls records under the five columns of the national hand-over."""
