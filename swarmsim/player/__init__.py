"""Plays a decoded scenario on any `World` and judges its expectations.

Never here: YAML, knowledge of one kind of world, or how a result is shown.
"""
