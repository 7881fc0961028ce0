"""The leader's conversation with every agent: sessions, assignments, drains, reports, routes.

Never here: decisions on what should run, or anything told to an agent that is not committed.
"""
