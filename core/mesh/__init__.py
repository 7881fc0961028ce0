"""Routing tables: pure functions of the store, kept incrementally, handed to hosts as versioned deltas.

Never here: packets, sockets, kernel tables (those belong to drivers), or writes to the store.
"""
