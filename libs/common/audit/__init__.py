"""The audit log: written with the change, chained by SM3 after commit, anchored outside."""
