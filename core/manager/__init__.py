"""What only the leader runs: control of clients' writes, and reconcilers from the change feed to transactions.

Never here: what must survive a change of leader other than through the store, or shows uncommitted state to others.
"""
