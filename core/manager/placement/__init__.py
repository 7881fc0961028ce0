"""Whether a node suits a task, and which one suits best: plain functions over immutable records.

Never here: state, the store, or a decision about when to place what (`core.manager.scheduler`).
"""
