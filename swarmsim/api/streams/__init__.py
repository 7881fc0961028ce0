"""Connections that stay: a client that is slow or gone, several streams in one, a connection taken over both ways.

Never here: where the bytes come from.
"""
