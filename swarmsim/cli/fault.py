"""`swarmsim fault`: what can befall hosts, links, disks, clocks and tasks, on a cluster that is served.

There is a command for every fault of scenarios, made from the language's own table. What stands behind it on the
command line becomes the step that a timeline would have: `fault_words.py` says how.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from core.timing import SECOND
from core.trials.endings import LASTING
from swarmsim.cli.columns import in_columns
from swarmsim.cli.completion import faults, targets
from swarmsim.cli.failure import fail
from swarmsim.cli.fault_examples import example, keys, target
from swarmsim.cli.fault_words import WordsError, step_of
from swarmsim.cli.served import SocketDir, serving
from swarmsim.scenario.step_language import VERBS
from swarmsim.serve.faults import VERBS_OF_FAULTS, Done, Holding

_EXAMPLES: Final = """\b
swarmsim fault kill m1 m2                        hosts by name
swarmsim fault kill leader                       or by what they are just now
swarmsim fault kill "1 worker"                   one of them, by chance
swarmsim fault partition m1,m2 / m3,w1           groups of hosts
swarmsim fault slow-link m1 w1 --latency 50ms    the two ends of a link
swarmsim fault loss 10% --for 20s                for a while
swarmsim fault isolate '{rack: a}'               as in a scenario"""


def ls(socket_dir: SocketDir = None) -> None:
    """List the faults that hold, with the number by which each is ended."""
    with serving(socket_dir) as client:
        holding = client.ask("GET", "/faults", Holding)
    rows = [("NUMBER", "FAULT", "HOSTS", "FOR", "LEFT")]
    for each in holding.faults:
        left = "" if each.until_ns is None else _seconds(each.until_ns - holding.now_ns)
        rows.append(
            (str(each.number), each.text, ",".join(each.hosts) or "all", _seconds(holding.now_ns - each.at_ns), left)
        )
    for line in in_columns(rows):
        print(line)


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / SECOND:.1f}s"


def end(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER|all", help="As `swarmsim fault ls` lists it.", autocompletion=faults)
    ],
    socket_dir: SocketDir = None,
) -> None:
    """Take back what a fault did, to exactly the hosts that it hit."""
    if number != "all" and not (number.isdecimal() and len(number) < 10):
        raise typer.BadParameter(f"{number!r} is no number of a fault; see swarmsim fault ls", param_hint="NUMBER")
    with serving(socket_dir) as client:
        for ended in client.ask("DELETE", f"/faults/{number}", list[Done]):
            print(f"ended {ended.number}: {ended.text}")


def _fault(verb: str) -> Callable[..., None]:
    def command(
        words: Annotated[
            list[str] | None,
            typer.Argument(metavar=target(verb), show_default=False, autocompletion=targets),
        ] = None,
        for_: Annotated[
            str, typer.Option("--for", metavar="DURATION", help="End it after so long, by the world's clock.")
        ] = "",
        socket_dir: SocketDir = None,
    ) -> None:
        try:
            written: dict[str, Any] = step_of(verb, words or []) | ({"for": for_} if for_ else {})
        except WordsError as error:
            fail(str(error))
        with serving(socket_dir) as client:
            print(_told(client.ask("POST", "/faults", Done, written)))

    return command


def _told(done: Done) -> str:
    if not done.number and not done.hosts and done.text.partition(":")[0] in ("heal", "restart", "resume"):
        return f"{done.text}: there was nothing to put right"
    hosts = f" on {', '.join(done.hosts)}" if done.hosts else ""
    number = f"; swarmsim fault end {done.number} takes it back" if done.number else ""
    return f"{done.text}{hosts}{number}"


def _help(verb: str) -> str:
    """What the fault is, and what may stand beside its target."""
    known = VERBS[verb]
    needed = [f"--{key}" for key in known.beside.required]
    possible = [f"--{key}" for key in known.beside.keys if key not in known.beside.required]
    needs = f" Needs {', '.join(needed)}." if needed else ""
    takes = f" Takes {', '.join(possible)}." if possible else ""
    lasts = "" if known.action in LASTING else " Nothing of it has to be ended."
    meaning = " ".join((known.action.__doc__ or "").split())
    for part in known.beside.parts:  # the language's keys, where the record speaks of its fields
        meaning = meaning.replace(f"`{part.field}`", f"--{part.key}")
    return meaning.replace(" is None", " is not given") + needs + takes + lasts


def _list(
    context: typer.Context,
    list_: Annotated[bool, typer.Option("--list", help="Name every fault with its meaning.")] = False,
) -> None:
    if list_:
        for verb in VERBS_OF_FAULTS:
            print(f"{verb:<13} {_help(verb)}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def fault() -> typer.Typer:
    """The group of these commands."""
    app = typer.Typer(
        invoke_without_command=True,
        help="Have something befall a cluster that is served: any fault of scenarios, by its plain word.\n\n"
        + _EXAMPLES,
    )
    app.callback()(_list)
    app.command("ls")(ls)
    app.command("end")(end)
    # Whatever else stands on such a line is the step's: its keys are not known to the parser of options.
    own_words = {"ignore_unknown_options": True}
    for verb in VERBS_OF_FAULTS:
        app.command(
            verb,
            help=f"{_help(verb)}\n\nFor example: {example(verb)}",
            options_metavar=f"[OPTIONS] {keys(verb)}".rstrip(),
            context_settings=own_words,
        )(_fault(verb))
    return app
