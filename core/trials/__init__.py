"""What is done to hosts from outside, and what their clients conclude: one vocabulary for stories, drivers and reports.

Never here: anything that a host needs to decide; nothing else in the core imports this.
"""
