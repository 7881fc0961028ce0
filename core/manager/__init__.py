"""What only the leader runs: control of clients' writes, and reconcilers from the change feed to transactions.

Never here: anything that must survive a change of leader other than through the store, or that acts on uncommitted state
outside this host.
"""
