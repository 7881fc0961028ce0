"""Variables in a Compose file: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?message}`,
`${VAR?message}`, and `$$` for a dollar sign.

As in `docker stack deploy`: only values are interpolated, never keys; an unset variable is empty; the form with a colon
treats an empty variable as unset; a default is taken as written. Text remembers which of its variables were unset.
"""

import re
from collections.abc import Iterator, Mapping
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
        unset: list[str] = []
        text = _VARIABLE.sub(lambda match: _replacement(match, raw, path, environment, unset), raw)
        return Interpolated(text, tuple(unset))
    return raw


def unset_variables(interpolated: object) -> Iterator[str]:
    """The variables that a document asks for in vain, each as often as it does."""
    if isinstance(interpolated, dict):
        interpolated = list(interpolated.values())
    if isinstance(interpolated, list):
        for item in interpolated:
            yield from unset_variables(item)
    elif isinstance(interpolated, Interpolated):
        yield from interpolated.unset


def _replacement(match: re.Match[str], text: str, path: str, environment: Mapping[str, str], unset: list[str]) -> str:
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
    if not operator:
        unset.append(name)
    return match["operand"] or ""
