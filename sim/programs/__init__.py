"""What runs in containers: a small shell and its commands, in simulated time.

Never here: anything of the machine that the simulator runs on, its files, its programs or its network.
"""
