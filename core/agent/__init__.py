"""What every host runs: assignments in, task life cycle, reports out, routes to the data plane.

Never here: decisions on what should run where (`core.manager`), engines, sockets, or a secret on its way to disk.
"""
