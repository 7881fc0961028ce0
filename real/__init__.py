"""Real hosts: asyncio, sockets and synced files around each `core` host.

Never here: decisions of the swarm (those are `core`'s), or imports of `sim` or `swarmsim`.
"""
