"""What belongs to the container engine of one host: containers, images, volumes, and what is run or attached in them.

Never here: what needs a swarm.
"""
