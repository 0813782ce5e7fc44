"""The feedback service 居民之声."""
