"""Who belongs to the swarm: hosts that join, and which nodes are members of Raft.

Never here: sessions with agents (`core.manager.dispatcher`), or Raft itself (`core.raft`).
"""
