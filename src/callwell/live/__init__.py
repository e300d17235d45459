"""Calls followed as they happen, by the host's server, staff, and a person who is in one."""
