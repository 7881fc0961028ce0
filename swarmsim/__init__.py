"""What a person uses: the command line, scenarios, checks and reports, over any kind of world.

Never here: what a host decides (`core`), or how a world is simulated (`sim`) or run for real (`real`).
"""
