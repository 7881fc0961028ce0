"""From recordings to a report that says who led when, what failed for how long, and why: JSON, Markdown, one HTML page.

Never here: anything that plays or judges a run, looks at a clock, or needs the network to be read.
"""
