"""What belongs to the whole swarm, of which any manager tells: nodes, services, tasks, networks, secrets and configs.

Never here: what only one host's engine knows; the logs of tasks are fetched from there.
"""
