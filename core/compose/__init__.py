"""Compose files, already parsed, become the services, networks, secrets and configs of a stack.

Never here: reading files or the environment (both are handed in), YAML, or talking to a swarm.
"""
