"""The matching service 供需对接."""
