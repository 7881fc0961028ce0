"""What an operator asked counts from the instant at which it was asked, and what would lose everything is not done."""

from pathlib import Path

import pytest

from core.operations import Kind
from swarmsim.play import play_simulated
from swarmsim.player import player
from swarmsim.recording import Recording, Ruling
from swarmsim.report.disturbances import whom
from swarmsim.scenario.loader import load
from swarmsim.worlds.simulated import SimulatedWorld

COMPOSE = """
services:
  front: {image: "front:1", deploy: {resources: {reservations: {cpus: "1"}}}}
"""
STORY = """
name: Orders
purpose: Something is asked, and at the same instant expected to be so.
cluster: {managers: 3, workers: 1, cpus: 2}
deploy: [{stack: {name: web, file: web.yml}}]
"""


def play(tmp_path: Path, rest: str) -> Recording:
    (tmp_path / "web.yml").write_text(COMPOSE)
    (tmp_path / "orders.yaml").write_text(STORY + rest)
    return play_simulated(load(tmp_path / "orders.yaml"), 1)


@pytest.mark.parametrize(
    ("step", "expected", "lacked"),
    [
        ("scale: {web_front: 60}", "converged: all", "web_front has 8 of 60 tasks running"),
        ("drain: all", "converged: all", "web_front has 0 of 1 tasks running"),
        ("demote: followers", "members: {managers: 3, workers: 1}", "1 voting manager instead of 3"),
    ],
)
def test_what_is_asked_at_an_instant_is_counted_at_that_instant(
    tmp_path: Path, step: str, expected: str, lacked: str
) -> None:
    recording = play(
        tmp_path,
        f"timeline: [{{at: 10s, {step}}}]\nexpect: [{{after: 10s, {expected}, within: 5s}}]",
    )
    verdict = recording.verdicts[0]
    assert verdict.ruling is Ruling.VIOLATED
    assert verdict.detail.startswith(f"not within 5 s: {lacked}")


def test_what_is_asked_and_done_holds(tmp_path: Path) -> None:
    rest = "timeline: [{at: 10s, scale: {web_front: 3}}]\nexpect: [{after: 10s, converged: all, within: 5s}]"
    verdict = play(tmp_path, rest).verdicts[0]
    assert (verdict.ruling, verdict.at_ns != 10_000_000_000) == (Ruling.HELD, True)


def test_who_joins_is_taken_down_and_that_an_old_token_was_refused(tmp_path: Path) -> None:
    orders = "{at: 5s, rotate-tokens: all}, {at: 6s, join: {workers: 1}, with: old-token}, {at: 7s, join: {workers: 1}}"
    bands = play(tmp_path, f"timeline: [{orders}]\nend: 10s").faults[1:]
    assert [(band.hosts, band.refused) for band in bands] == [(("w2",), "old token"), (("w3",), "")]


def test_a_host_that_moves_is_told_with_both_its_addresses(tmp_path: Path) -> None:
    recording = play(tmp_path, "timeline: [{at: 5s, move: w1}]\nend: 10s")
    [band] = recording.faults
    [(old, new)] = band.addresses
    assert old != new
    assert new == next(host.address for host in recording.hosts if host.name == "w1")
    assert whom(band) == f"on w1 ({old} → {new})"


def test_an_order_that_never_comes_to_its_end_is_told(tmp_path: Path) -> None:
    rest = "timeline: [{at: 5s, leave: w1}, {at: 9s, kill: followers}, {at: 10s, rejoin: gone}]\nend: 15s"
    recording = play(tmp_path, rest)
    told = "line 6: rejoin: gone at 10s was still not carried out at the end: no leader: 2 of 3 managers must be up"
    [problem] = recording.problems
    assert problem.startswith(told)


def test_managers_leave_only_as_long_as_a_majority_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    recording = play(tmp_path, "timeline: [{at: 10s, leave: managers}]\nend: 20s")
    assert len(recording.problems) == 2
    told = "it would take what a majority of managers holds, and with it what was acknowledged"
    assert all(problem.endswith(told) and "cannot leave" in problem for problem in recording.problems)


KEYED = """
services:
  front: {image: "front:1", secrets: [key]}
secrets:
  key: {file: web.yml}
"""


IN_USE = "secret 'web_key' is in use by the following service: web_front"


def keyed(tmp_path: Path, rest: str) -> Recording:
    """Plays a story in which an operator asks that a secret be removed which is in use."""
    (tmp_path / "keyed.yml").write_text(KEYED)
    (tmp_path / "web.yml").write_text(COMPOSE)
    asked = "timeline: [{at: 5s, remove-secret: web_key}]\n"
    (tmp_path / "orders.yaml").write_text(STORY.replace("web.yml", "keyed.yml") + asked + rest)
    return play_simulated(load(tmp_path / "orders.yaml"), 1)


def test_a_secret_is_not_removed_as_long_as_it_is_in_use(tmp_path: Path) -> None:
    expected = "expect: [{after: 60s, converged: all, within: 5s}, {always: secrets-in-use-stay}]\nend: 90s"
    recording = keyed(tmp_path, expected)
    assert [verdict.ruling for verdict in recording.verdicts[:2]] == [Ruling.VIOLATED, Ruling.HELD]
    assert recording.verdicts[0].detail == "not within 5 s: line 6: remove-secret: web_key at 5s is not carried out yet"
    assert recording.problems == (f"line 6: remove-secret: web_key at 5s was not carried out: {IN_USE}",)


def test_what_nothing_uses_any_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(
        "services: {front: {image: nginx, networks: [back], configs: [settings], secrets: [key]}}\n"
        "networks: {back: {}}\nconfigs: {settings: {file: web.yml}}\nsecrets: {key: {file: web.yml}}\n"
    )
    (tmp_path / "orders.yaml").write_text(
        "name: Orders\ncluster: {managers: 1}\ndeploy: [{stack: {name: web, file: web.yml}}]\ntimeline:\n"
        "  - {at: 5s, remove-network: web_back}\n"
        "  - {at: 5s, remove-config: web_settings}\n"
        "  - {at: 5s, remove-secret: web_key}\n"
        "  - {at: 10s, remove-service: web_front}\n"
        "end: 60s\n"
    )
    scenario = load(tmp_path / "orders.yaml")
    world = SimulatedWorld(scenario.cluster, scenario.images, 1)
    assert player.play(world, scenario, 1).problems == ()
    store = world.store("m1")
    assert store is not None
    kinds = (Kind.NETWORK, Kind.CONFIG, Kind.SECRET, Kind.SERVICE)
    assert [each.spec.name for kind in kinds for each in store.all(kind)] == ["ingress"]


def test_what_was_refused_again_and_again_to_the_end_is_told_with_the_refusal(tmp_path: Path) -> None:
    recording = keyed(tmp_path, "end: 20s")
    told = "line 6: remove-secret: web_key at 5s was still not carried out at the end"
    assert recording.problems == (f"{told}: {IN_USE}",)
