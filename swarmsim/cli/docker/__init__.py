"""Docker's verbs for swarms, without Docker's binary: `swarmsim node ls`, `swarmsim stack deploy` and the like.

Names, flags and output are Docker's. Everything is asked of a daemon over the Docker Engine API, be it a host that
`swarmsim serve` serves or a Docker engine.

Never here: anything about simulations, or rules of a swarm: the daemon knows those.
"""
