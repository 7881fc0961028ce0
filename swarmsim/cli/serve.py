"""`swarmsim serve`: a simulated cluster that `docker` can be pointed at."""

import asyncio
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from swarmsim.cli.check import looks_like_compose
from swarmsim.cli.completion import yaml_files
from swarmsim.cli.failure import fail
from swarmsim.cli.recording import HINT, story_in, told_of
from swarmsim.compose_files import called, read_text
from swarmsim.scenario.loader import load_text
from swarmsim.scenario.plan import ClusterPlan, Scenario
from swarmsim.serve.cluster import NotFormedError, ServedPlan, start
from swarmsim.serve.greeting import greeting
from swarmsim.serve.place import PlaceError, default_directory, places_of
from swarmsim.serve.server import Server, only_one_in
from swarmsim.serve.tls import CERTIFICATES_VARIABLE, Certificates, default_certificates, mutual_tls
from swarmsim.yaml_source import parse

_DEFAULT_MANAGERS: Final = 3
_DEFAULT_WORKERS: Final = 5
_BY_DOCKER: Final = f"[default: in ${CERTIFICATES_VARIABLE}, or ~/.docker]"
_SPEED: Final = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)x?")


def serve(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="A scenario file: its cluster, images and stacks.", autocompletion=yaml_files
        ),
    ] = None,
    managers: Annotated[int | None, typer.Option(min=1, show_default="3", help="Managers of the swarm.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, show_default="5", help="Workers of the swarm.")] = None,
    bare: Annotated[int | None, typer.Option(min=1, metavar="N", help="N hosts that are in no swarm, instead.")] = None,
    speed: Annotated[
        str, typer.Option(metavar="Nx|max", help="How fast the world's time goes by; max: only while somebody waits.")
    ] = "1x",
    socket_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the hosts' sockets are made.", show_default="by user")
    ] = None,
    tcp_base: Annotated[
        int | None, typer.Option(metavar="PORT", min=1, max=65_000, help="Open loopback ports from this one on, too.")
    ] = None,
    tlsverify: Annotated[
        bool, typer.Option("--tlsverify", help="TLS on those ports, for clients with a certificate alone.")
    ] = False,
    tlscacert: Annotated[Path | None, typer.Option(metavar="FILE", help=f"Who signs them. {_BY_DOCKER}")] = None,
    tlscert: Annotated[Path | None, typer.Option(metavar="FILE", help=f"The hosts' own. {_BY_DOCKER}")] = None,
    tlskey: Annotated[Path | None, typer.Option(metavar="FILE", help=f"The key of that. {_BY_DOCKER}")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Open the ports that services publish on 127.0.0.1, too.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from.")] = 1,
    record: Annotated[
        Path | None, typer.Option(metavar="STORY", help="Write what is done to the cluster as a scenario.")
    ] = None,
) -> None:
    """Serve a simulated cluster: every host speaks the Docker Engine API until Ctrl-C.

    Point docker at a host by the `export DOCKER_HOST=` line that is printed for it. Meanwhile `swarmsim machine`
    switches hosts on and off, `swarmsim fault` has something befall them, and `swarmsim top` shows what is going on.
    """
    plan = _plan_of(file, managers, workers, bare)
    if record is not None and plan.bare:
        raise typer.BadParameter("a story begins with a swarm; leave out --bare", param_hint=HINT)
    rate = _speed_of(speed)
    if tlsverify and tcp_base is None:
        raise typer.BadParameter("there are no ports to secure; name --tcp-base", param_hint="--tlsverify")
    if not tlsverify and (tlscacert or tlscert or tlskey):
        raise typer.BadParameter("certificates are shown with --tlsverify alone", param_hint="--tlsverify")
    directory = (socket_dir or default_directory()).absolute()
    try:
        places = places_of(plan.cluster.host_names, directory, tcp_base)
        tls = mutual_tls(_certificates(tlscacert, tlscert, tlskey)) if tlsverify else None
        story = None if record is None else story_in(record, _scenario_of(plan), None if file is None else file.parent)
        with only_one_in(directory):
            formed_at: list[int] = []
            world = start(plan, seed, time.time_ns(), _say, formed_at.append)
            recording = None if story is None else (story, formed_at[0])
            server = Server(world, rate, directory, places, _say, tls, publish, recording)
            if server.recorder is not None:
                server.recorder.save()  # a file that cannot be written is told of before anything is done
            asyncio.run(
                _until_told(
                    server, lambda: print(greeting(places, directory, rate, plan.bare, tls is not None), flush=True)
                )
            )
            if record is not None and server.recorder is not None:
                _say(told_of(record, server.recorder.saved))
    except NotFormedError as error:
        fail(f"the swarm did not form: {error}")
    except PlaceError as error:
        fail(str(error))


def _certificates(authority: Path | None, certificate: Path | None, key: Path | None) -> Certificates:
    usual = default_certificates()
    return Certificates(authority or usual.authority, certificate or usual.certificate, key or usual.key)


async def _until_told(server: Server, greet: Callable[[], None]) -> None:
    """Serve until Ctrl-C, or until somebody ends this process in an orderly way."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await server.run(greet, stopped)


def _plan_of(file: Path | None, managers: int | None, workers: int | None, bare: int | None) -> ServedPlan:
    asked = {"FILE": file, "--managers/--workers": managers if managers is not None else workers, "--bare": bare}
    named = [name for name, value in asked.items() if value is not None]
    if len(named) > 1:
        raise typer.BadParameter(f"{' and '.join(named)} exclude each other; use one of them")
    if file is not None:
        text = read_text(file)
        if looks_like_compose(parse(called(file), text).data):
            fail(
                f"{called(file)}: this looks like a Compose file, which has no hosts: serve without it, then "
                f"docker stack deploy -c {file} NAME, or swarmsim stack deploy likewise"
            )
        scenario = load_text(file, text)
        return ServedPlan(scenario.cluster, images=scenario.images, stacks=scenario.deploy)
    if bare is not None:
        return ServedPlan(ClusterPlan(bare), bare=True)
    return ServedPlan(
        ClusterPlan(
            managers if managers is not None else _DEFAULT_MANAGERS,
            workers if workers is not None else _DEFAULT_WORKERS,
        )
    )


def _scenario_of(plan: ServedPlan) -> Scenario:
    """The scenario in which nothing happens to it."""
    return Scenario("", "", plan.cluster, 0, images=plan.images, deploy=plan.stacks)


def _speed_of(text: str) -> float | None:
    """World's seconds per second; None for as fast as it goes."""
    if text == "max":
        return None
    match = _SPEED.fullmatch(text)
    if match is None or not (speed := float(match[1])):
        raise typer.BadParameter(f"{text!r} is no speed; write it like 1x, 10x or max", param_hint="--speed")
    return speed


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
