"""The registry service 资源库."""
