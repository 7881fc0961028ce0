"""Which node a task runs on: filters, spread, and a reason for each task that finds none.

Never here: whether a task should exist (`core.manager.orchestrator`), or preemption and rebalancing.
"""
