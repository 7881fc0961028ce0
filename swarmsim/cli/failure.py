"""How a command says that it cannot do what it was asked."""

import sys
from typing import NoReturn

from swarmsim.cli.exit_codes import BAD_INPUT


def fail(message: str) -> NoReturn:
    """End with a line on standard error, and exit code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(BAD_INPUT)
