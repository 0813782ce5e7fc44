"""Offerings in memory: columns of numbers, searched for one need or for many.

`plain` is the search in numpy and the oracle of `kernel`, which is compiled where numba stands.
"""
