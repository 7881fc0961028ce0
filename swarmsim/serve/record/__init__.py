"""`swarmsim serve --record`: what is done to a served cluster, as a scenario that plays it again.

Never here: anything that changes what happens in the cluster.
"""
