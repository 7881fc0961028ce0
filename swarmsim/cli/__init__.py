"""The command line: options in, exit codes and a few lines of text out.

Never here: how a scenario is played or judged, or how a report looks.
"""

from swarmsim.cli.application import main

__all__ = ["main"]
