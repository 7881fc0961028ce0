"""Who gets which address, VXLAN identifier and published port, without handing anything out twice.

Never here: routing tables (`core.mesh`), or state that could not be read off the store again.
"""
