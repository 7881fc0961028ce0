"""What happens, told as Docker's events: of the store's changes and of one host's containers.

Never here: why it happened; and nothing that is not seen in the store or at the engine.
"""
