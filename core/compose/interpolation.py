"""Variables in a Compose file: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?message}`,
`${VAR?message}`, and `$$` for a dollar sign.

As in `docker stack deploy`: only values are interpolated, never keys; an unset variable is empty without a word; the
form with a colon treats an empty variable as unset; a default is taken as written.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from core.document import Interpolated
from core.mistakes import DocumentError, each, gather

_VARIABLE: Final = re.compile(
    r"""\$(?:
        (?P<escaped>\$)
      | (?P<named>[_a-zA-Z][_a-zA-Z0-9]*)
      | \{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*)(?:(?P<operator>:?[-?])(?P<operand>[^}]*))?\}
      | (?P<invalid>)
    )""",
    re.VERBOSE,
)


def interpolate(raw: object, path: str, environment: Mapping[str, str]) -> object:
    """A copy of a parsed document with the variables of all its texts replaced."""
    if isinstance(raw, dict):
        return gather(
            {
                key: partial(interpolate, value, f"{path}.{key}" if path else str(key), environment)
                for key, value in raw.items()
            }
        )
    if isinstance(raw, list):
        return list(each(enumerate(raw), lambda item: interpolate(item[1], f"{path}[{item[0]}]", environment)))
    if isinstance(raw, str) and "$" in raw:
        return Interpolated(_VARIABLE.sub(lambda match: _replacement(match, raw, path, environment), raw))
    return raw


def _replacement(match: re.Match[str], text: str, path: str, environment: Mapping[str, str]) -> str:
    if match["escaped"]:
        return "$"
    name = match["named"] or match["braced"]
    if name is None:
        raise DocumentError(path, f"bad variable in {str(text)!r}; write a dollar sign itself as $$")
    operator, value = match["operator"] or "", environment.get(name)
    if value is not None and not (operator.startswith(":") and value == ""):
        return value
    if operator.endswith("?"):
        raise DocumentError(path, f"variable {name!r} must be set: {match['operand'] or 'it has no default'}")
    return match["operand"] or ""
