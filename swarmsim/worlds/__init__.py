"""Adapters that show one kind of hosts as a `World`.

Never here: what a scenario means, checks, or reports.
"""
