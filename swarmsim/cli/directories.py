"""Where results go, settled before any time is spent on getting them."""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

_HINT = "--out"


def no_standard_output(out: Path | None) -> Path | None:
    """Refuse `-`, by which other programs mean standard output: a report is several files."""
    if out == Path("-"):
        raise typer.BadParameter("'-' is no place for several files; name a directory", param_hint=_HINT)
    return out


def directories_of(files: Sequence[Path], out: Path) -> tuple[Path, ...]:
    """One directory per scenario file: `out` itself for a single one, else a folder in it with the file's base name.

    Raises typer.BadParameter if two reports would lie in the same folder.
    """
    if len(files) == 1:
        return (out,)
    owners: dict[Path, Path] = {}
    for file in files:
        directory = out / file.stem
        if directory in owners:
            raise typer.BadParameter(_collision(owners[directory], file, directory), param_hint=_HINT)
        owners[directory] = file
    return tuple(owners)


def _collision(first: Path, second: Path, directory: Path) -> str:
    if first == second:
        return f"{first} is named twice, and both reports would lie in {directory}; name it once"
    return f"the reports of {first} and {second} would both lie in {directory}; rename one or run them apart"


def require_writable(directory: Path) -> None:
    """Make sure that the directory can be made and written to; leaves no trace. Raises typer.BadParameter if not."""
    nearest = next((each for each in (directory, *directory.parents) if os.path.lexists(each)), Path())
    if not nearest.is_dir():
        raise typer.BadParameter(f"{nearest} is not a directory; name another one", param_hint=_HINT)
    try:
        # Trying is surer than asking for permissions, which know nothing of read-only or special file systems.
        with TemporaryDirectory(dir=nearest) as trial:
            (Path(trial) / directory.relative_to(nearest)).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"nothing can be written to {nearest} ({error.strerror}); name a directory where you may write"
        raise typer.BadParameter(reason, param_hint=_HINT) from None
