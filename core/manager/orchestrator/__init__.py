"""From services to tasks: how many there should be, in which slots or on which nodes, and which are to be replaced.

Never here: the choice of a node (`core.manager.scheduler`) or of addresses (`core.manager.allocator`).
"""
