"""The whole platform on one machine: database, keys, services, front door."""
