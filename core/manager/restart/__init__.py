"""What happens after a task has ended or its node was lost: replacement, at once or later, or not at all.

Never here: the decision how many tasks a service should have (`core.manager.orchestrator`).
"""
