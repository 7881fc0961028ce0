"""Random clusters, workloads and faults, drawn from a seed as ordinary scenarios.

Never here: playing them, or judging what happens.
"""
