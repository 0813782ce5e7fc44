"""The demo city 演示城市: synthetic facilities under real codes, the same for the same seed.

Everything in it says 演示数据. Nothing here is a fact about Shanghai but the names and codes of its
divisions; points, people, organisations and services are drawn from a seeded generator.
"""
