"""The simulated world: a machine, network, disk, clock and container engine around each `core` host, on SimPy.

Never here: decisions of the swarm (those are `core`'s), wall-clock time, unseeded randomness, imports of `real` or
`swarmsim`.
"""
