"""Flags of `service create` and `service update` as data, and commands that take a table of them.

Flags are so many that both commands are given them as rows: what the command line calls each, how its text is read,
and where it belongs in the JSON of a service's spec.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from msgspec import Struct

from swarmsim.cli.docker.client import Daemon, Json
from swarmsim.cli.docker.places import find, put

Given = Mapping[str, Any]
"""What was said, by the flags' first names without dashes; what was not said is not in it."""


class Flag(Struct, frozen=True):
    """One flag. `kind` is what Typer makes of it: str, int, float, bool, or a list of str for one that is repeated."""

    names: tuple[str, ...]
    help: str
    kind: Any = str
    metavar: str | None = None

    @property
    def word(self) -> str:
        """What it is called where it was given."""
        return self.names[0].partition("/")[0].removeprefix("--")


class Setting(Struct, frozen=True):
    """A flag that sets one place of a spec."""

    flag: Flag
    path: str
    read: Callable[[Any], Json] = lambda value: value

    def flags(self, *, update: bool) -> tuple[Flag, ...]:
        """It is called the same in either command."""
        return (self.flag,)

    def apply(self, daemon: Daemon, spec: Json, given: Given) -> None:
        """Write it into the spec, if it was given."""
        if self.flag.word in given:
            put(spec, self.path, self.read(given[self.flag.word]))


def _same(item: Json) -> str:
    return str(item)


class Listed(Struct, frozen=True):
    """A flag for each item of a list: `--env` when creating; `--env-add` and `--env-rm` when updating."""

    word: str
    path: str
    help: str
    read: Callable[[Daemon, str], Json] = lambda daemon, text: text
    key: Callable[[Json], str] = _same
    """What an item replaces: the one that has the same."""
    removed_by: Callable[[Daemon, Json, str], bool] | None = None
    """Whether an item is meant by a text of `-rm`; else by its key."""
    short: tuple[str, ...] = ()
    metavar: str | None = None

    def flags(self, *, update: bool) -> tuple[Flag, ...]:
        """Two of them when updating."""
        if not update:
            return (Flag((f"--{self.word}", *self.short), f"{self.help}; repeatable.", list[str], self.metavar),)
        return (
            Flag((f"--{self.word}-add",), f"{self.help}, to add or change; repeatable.", list[str], self.metavar),
            Flag((f"--{self.word}-rm",), f"{self.help}, to remove; repeatable.", list[str]),
        )

    def apply(self, daemon: Daemon, spec: Json, given: Given) -> None:
        """Remove, then add."""
        removed = given.get(f"{self.word}-rm", ())
        texts = [*given.get(self.word, ()), *given.get(f"{self.word}-add", ())]
        if not removed and not texts:
            return
        kept = [item for item in find(spec, self.path, []) if not any(self._is(daemon, item, text) for text in removed)]
        items = {self.key(item): item for item in kept}
        for text in texts:
            item = self.read(daemon, text)
            items[self.key(item)] = item
        put(spec, self.path, list(items.values()))

    def _is(self, daemon: Daemon, item: Json, text: str) -> bool:
        return self.key(item) == text if self.removed_by is None else self.removed_by(daemon, item, text)


class Mapped(Struct, frozen=True):
    """The same for a mapping of texts, such as labels."""

    word: str
    path: str
    help: str
    short: tuple[str, ...] = ()

    def flags(self, *, update: bool) -> tuple[Flag, ...]:
        """Two of them when updating."""
        return Listed(self.word, self.path, self.help, short=self.short, metavar="KEY=VALUE").flags(update=update)

    def apply(self, daemon: Daemon, spec: Json, given: Given) -> None:
        """Remove, then add."""
        removed = given.get(f"{self.word}-rm", ())
        texts = [*given.get(self.word, ()), *given.get(f"{self.word}-add", ())]
        if removed or texts:
            pairs = {key: value for key, value in find(spec, self.path, {}).items() if key not in removed}
            put(spec, self.path, pairs | {key: value for key, _, value in (text.partition("=") for text in texts)})


Row = Setting | Listed | Mapped


def with_flags(flags: Sequence[Flag]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these flags; it takes what was said as `given`, after its own parameters."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [each for each in inspect.signature(command).parameters.values() if each.name != "given"]

        @functools.wraps(command)
        def run(**values: Any) -> None:
            said = {flag.word: values.pop(_parameter(flag)) for flag in flags}
            command(**values, given={word: value for word, value in said.items() if value not in (None, [])})

        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        parameters += [
            inspect.Parameter(_parameter(flag), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(flag))
            for flag in flags
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate


def _option(flag: Flag) -> Any:
    names = flag.names
    if flag.kind is bool:
        names = (f"{names[0]}/--no-{flag.word}", *names[1:]) if flag.word not in _ONE_WAY else names
    return Annotated[flag.kind | None, typer.Option(*names, help=flag.help, metavar=flag.metavar, show_default=False)]


def _parameter(flag: Flag) -> str:
    return flag.word.replace("-", "_")


_ONE_WAY: Final = ("no-healthcheck", "force", "rollback", "with-registry-auth", "no-resolve-image")
"""Switches that are not switched off."""
