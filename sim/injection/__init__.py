"""Bringing faults upon a world and taking them back, a module for each part of a machine that they befall.

Never here: when faults happen (that is a schedule's business), or what a fault is (`core.trials.faults`).
"""

from sim.injection.injector import DisallowedError, Guard, Injector

__all__ = ["DisallowedError", "Guard", "Injector"]
