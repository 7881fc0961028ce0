"""Rolling updates and rollbacks: tasks that no longer are what their service declares are replaced, a few at a time.

Never here: restarts for other reasons (`core.manager.restart`), or which specs are acceptable (`core.manager.control`).
"""
