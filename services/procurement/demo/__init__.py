"""Purchases of the demo city. All of it is 演示数据."""
