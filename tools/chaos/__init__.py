"""Chaos: the platform under load, its processes killed at random, and the books afterwards."""
