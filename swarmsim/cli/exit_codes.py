"""With what a command ends, unless all is as expected."""

from typing import Final

NOT_DONE: Final = 1
"""An expectation did not hold, or a daemon has refused what it was asked, or was not there."""
BAD_INPUT: Final = 2
"""Or it could not tell."""
INTERRUPTED: Final = 130
"""What shells give a command that Ctrl-C ended; Typer exits with it too."""
UNREAD: Final = 141
"""What shells give a command that wrote into a pipe which nobody reads any more."""
