"""`swarmsim serve`: a simulated cluster in step with the wall clock; each host has an endpoint for `docker`.

Never here: what the endpoints answer (`swarmsim.api`), or how the world works (`sim`).
"""
