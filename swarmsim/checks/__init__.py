"""The checks that watch a world while it runs, and the histories they judge.

Never here: playing a scenario, or anything that changes a world.
"""
