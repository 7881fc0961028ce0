"""The Docker Engine API, versions 1.24 to 1.50, over any `World`: every host of it has an endpoint of its own.

A request becomes operations of `core.operations`, as a scenario's orders do; `core.codec.docker` is the only place that
knows the shapes of JSON. What is served is one table (`routes.py`): of one host's `engine`, of the whole `swarm`, of
what happens (`events`); `streams` are connections that stay. `host.py` is a host as all of them ask it.

Never here: what a swarm decides, what JSON looks like, or anything that only a simulated world has.
"""
