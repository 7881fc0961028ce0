"""Raft as in Ongaro's dissertation: one peer of a replicated log as a pure machine, `node.RaftNode`.

Never here: what the commands mean, who asks for them, and anything the rest of `core` keeps out.
"""
