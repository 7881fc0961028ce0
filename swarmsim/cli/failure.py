"""How a command says that it cannot do what it was asked."""

import sys
from typing import Final, NoReturn

BAD_INPUT: Final = 2


def fail(message: str) -> NoReturn:
    """End with a line on standard error, and exit code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(BAD_INPUT)
