"""The scenario language: YAML that reads as a story, decoded into typed immutable steps, and written back.

Never here: playing a scenario, knowledge of any kind of world, or checks (they are named here and live in `checks`).
"""
