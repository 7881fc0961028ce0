"""Lists as docker prints them: a table, JSON, or a template filled in for each row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from swarmsim.cli.docker.templates import Json, Template, compact_json

_NARROWEST: Final = 10
_GAP: Final = 3

Row = Mapping[str, Json]
"""What there is of an object, by the names that templates have for it."""


def print_list(
    rows: Iterable[Row], table: str, headers: Mapping[str, str], format_text: str, *, quiet: bool, id_name: str = "ID"
) -> None:
    """Print rows in the way that was asked for: without a format, by `table`, a template; with `quiet`, ids alone."""
    rows = [dict(sorted(row.items())) for row in rows]
    if quiet and format_text in ("", "table"):
        lines = [str(row[id_name]) for row in rows]
    elif format_text == "json":
        lines = [_safe_in_html(compact_json(row)) for row in rows]
    elif format_text in ("", "table"):
        lines = _aligned(rows, table, headers)
    elif format_text.startswith("table"):
        lines = _aligned(rows, format_text.removeprefix("table").strip(" "), headers)
    else:
        template = Template(format_text)
        lines = [template.fill(row) for row in rows]
    for line in lines:
        print(line)


def _aligned(rows: Iterable[Row], text: str, headers: Mapping[str, str]) -> list[str]:
    template = Template(text)
    header = template.column_names(_header_of(headers))
    return aligned([line.split("\t") for line in (header, *(template.fill(row) for row in rows))])


def _safe_in_html(text: str) -> str:
    # As programs in Go write JSON if nobody tells them otherwise.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _header_of(headers: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: headers.get(name, name.upper())


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells under each other, three blanks apart and at least ten wide; the last of a line is as wide as it is."""
    widths: dict[int, int] = {}
    for cells in lines:
        for column, cell in enumerate(cells[:-1]):
            widths[column] = max(widths.get(column, _NARROWEST), len(cell) + _GAP)
    return [
        "".join(f"{cell:<{widths[column]}}" for column, cell in enumerate(cells[:-1])) + cells[-1] for cells in lines
    ]
