"""Everything a swarm decides, as deterministic machines: events in, effects out.

Never here: clocks, randomness of its own, I/O, threads, logging, or imports of `sim`, `real` or `swarmsim`.
"""
