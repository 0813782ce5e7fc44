"""The procurement service 购买服务."""
