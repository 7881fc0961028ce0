"""Clients' operations: writes checked and turned into drafts, queries answered from a store.

Never here: what happens later because of a write (reconcilers do that), or JSON and HTTP (`core.codec`).
"""
