"""Every table of the report, once: the Markdown and the HTML page show the same rows."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from core.timing import SECOND
from swarmsim.counting import counted, number
from swarmsim.recording import FaultBand, Ruling
from swarmsim.report.anatomy import Anatomy, InVain
from swarmsim.report.availability import Availability
from swarmsim.report.costs import Cost
from swarmsim.report.disturbances import lasts, whom
from swarmsim.report.figures import BYTES_PER_SECOND, DURATION, PER_SECOND, REPLICA_TIME, Distribution
from swarmsim.report.leadership import Reign
from swarmsim.report.report import Report
from swarmsim.report.stages import STAGES
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import duration, instant, listed, share, size

RULING_TEXT: Final = {Ruling.HELD: "held", Ruling.VIOLATED: "violated", Ruling.UNKNOWN: "unknown"}
MOST_SEEDS: Final = 25
NEVER: Final = "never"
NOTHING: Final = "–"
"""The ruling of a check that had nothing to check."""


class Table(Struct, frozen=True):
    """`numeric` are the columns, from 0, that hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()


def verdict_table(run: RunSummary) -> Table:
    """First what did not hold."""
    order = sorted(range(len(run.verdicts)), key=lambda index: run.verdicts[index].ruling is Ruling.HELD)
    rows = tuple(
        (
            NOTHING if verdict.idle else RULING_TEXT[verdict.ruling],
            verdict.name,
            verdict.detail,
            number(verdict.checked_count),
            "" if verdict.at_ns is None else instant(verdict.at_ns),
            f"line {verdict.line}" if verdict.line else "every run",
        )
        for verdict in (run.verdicts[index] for index in order)
    )
    return Table(("ruling", "expectation or check", "what was seen", "looks", "decided at", "from"), rows, (3, 4))


def situation_table(run: RunSummary) -> Table:
    """Which hard states were reached: a check that never met one has proved little."""
    rows = tuple((name, number(count) if count else NEVER) for name, count in run.situations.items())
    return Table(("hard state", "reached"), rows, (1,))


def fault_table(run: RunSummary) -> Table:
    """Everything that was done to the swarm, with its targets as they were resolved."""
    rows = tuple((instant(band.from_ns), _until(band), band.text, whom(band)) for band in run.faults)
    return Table(("at", "until", "step", "whom"), rows, (0, 1))


def _until(band: FaultBand) -> str:
    if not lasts(band):
        return "–"
    return "the run's end" if band.to_ns is None else instant(band.to_ns)


def leader_table(run: RunSummary) -> Table:
    """Every leader."""
    rows = tuple(
        (
            str(reign.term),
            f"{reign.host} (began the swarm anew)" if reign.anew else reign.host,
            instant(reign.elected_at_ns),
            "–" if reign.acts_from_ns is None else instant(reign.acts_from_ns),
            instant(reign.until_ns),
            _ending(reign) + _late(reign.believed_until_ns - reign.ending_at_ns),
            str(sum(not each.pre for each in reign.campaigns)),
        )
        for reign in run.reigns
    )
    columns = ("term", "leader", "elected at", "took writes from", "until", "what ended it", "campaigns before")
    return Table(columns, rows, (0, 2, 3, 4, 6))


LEADERS_END: Final = (
    "A leader's time ends as the fault strikes that ended it, though it may go on believing that it leads; "
    "without such a fault, when it stops, steps down or another is elected. "
    "A swarm that is begun anew goes on in a term far above all before."
)
"""Said beside the table of leaders; see `leadership.py`."""


def _ending(reign: Reign) -> str:
    if not reign.cause:
        return reign.ending or "the run's end"
    later = "" if reign.ending_at_ns == reign.until_ns else f" at {instant(reign.ending_at_ns)}"
    return f"{reign.cause} ({reign.ending}{later})"


def _late(belief_ns: int) -> str:
    return f"; did not know it for {duration(belief_ns)}" if belief_ns > 0 else ""


def stage_table(anatomy: Anatomy) -> Table:
    """Stages with their times since the disturbance."""
    rows = [
        (
            STAGES[stage.name],
            duration(stage.since_ns),
            f"+{duration(stage.since_ns - stage.waited_from_ns)}",
            stage.note,
        )
        for stage in anatomy.stages
    ]
    rows += [(STAGES[each.name], came(each), "", each.note) for each in anatomy.unfinished]
    return Table(("stage", "after", "of that its own", "who, or why not"), tuple(rows), (1, 2))


def came(each: InVain) -> str:
    """When a stage that was waited for in vain was reached after all."""
    return NEVER if each.came_ns is None else f"only {duration(each.came_ns)} later, after “{each.after}”"


def availability_table(run: RunSummary) -> Table:
    """One row per source of clients."""
    return Table(
        (
            "clients",
            "asked",
            "good",
            "lost, by outcome",
            "standstills",
            "longest",
            "bad luck",
            "mean time to repair",
            "p50",
            "p99",
            "max",
        ),
        tuple(_availability_row(source) for source in run.availability),
        (1, 2, 4, 5, 6, 7, 8, 9, 10),
    )


def _availability_row(source: Availability) -> tuple[str, ...]:
    good = source.outcomes.get("good", 0)
    lost = listed([f"{number(count)} {outcome}" for outcome, count in source.outcomes.items() if outcome != "good"])
    latency = source.latency
    longest = max((each.length_ns for each in source.standstills), default=0)
    unlucky = [each.length_ns for each in source.bad_luck]
    repair = "–" if source.mean_to_repair_ns is None else duration(source.mean_to_repair_ns)
    latencies = ("–",) * 3 if latency is None else (latency.p50_ns, latency.p99_ns, latency.max_ns)
    return (
        f"{source.kind} of {source.name}",
        number(source.asked_count),
        share(good, source.asked_count),
        lost or "none",
        str(len(source.standstills)),
        duration(longest) if longest else "–",
        f"{len(unlucky)}, at most {duration(max(unlucky))}" if unlucky else "–",
        repair,
        *(duration(value) if isinstance(value, int) else value for value in latencies),
    )


BAD_LUCK: Final = (
    "Bad luck: a client of the managers asked a few that could not write while another led. "
    "That is no standstill of the swarm."
)
"""Said beside the table of what clients got; see `bad_luck.py`."""


def cost_table(run: RunSummary) -> Table:
    """Messages and bytes by host, and of which types."""
    seconds = max(run.end_ns, 1) / SECOND
    rows = [
        (
            cost.name,
            number(cost.message_count),
            f"{cost.message_count / seconds:.1f}",
            size(cost.bytes_count),
            f"{size(cost.bytes_count / seconds)}/s",
            _most(run.costs.by_host_and_type.get(cost.name, ())),
        )
        for cost in run.costs.by_host
    ]
    total = run.costs
    rows.append(
        (
            "all",
            number(total.message_count),
            f"{total.message_count / seconds:.1f}",
            size(total.bytes_count),
            f"{size(total.bytes_count / seconds)}/s",
            "",
        )
    )
    return Table(("host", "messages", "per s", "bytes", "per s", "mostly"), tuple(rows), (1, 2, 3, 4))


def _most(costs: tuple[Cost, ...]) -> str:
    return ", ".join(f"{cost.name} {number(cost.message_count)}" for cost in costs[:3])


def type_table(run: RunSummary) -> Table:
    """Messages and bytes by type."""
    rows = tuple(
        (
            cost.name,
            number(cost.message_count),
            share(cost.message_count, run.costs.message_count),
            size(cost.bytes_count),
        )
        for cost in run.costs.by_type
    )
    return Table(("type", "messages", "share", "bytes"), rows, (1, 2, 3))


def seed_table(report: Report) -> Table:
    """The seeds that did not hold, else all, as far as they fit."""
    failed = [line for line in report.seeds if line.ruling is not Ruling.HELD]
    rows = tuple(
        (str(line.seed), RULING_TEXT[line.ruling], listed([*line.violated, *line.problems]), line.replay)
        for line in failed[:MOST_SEEDS]
    )
    return Table(("seed", "ruling", "what", "replay"), rows, (0,))


def verdict_tally_table(report: Report) -> Table:
    """Each expectation and check over all seeds, those that failed first."""
    order = sorted(report.verdicts, key=lambda each: (-each.violated_count, -each.unknown_count))
    rows = tuple(
        (
            each.name,
            number(each.held_count),
            number(each.violated_count),
            number(each.unknown_count),
            number(each.checked_count),
            "" if each.first_failed_seed is None else str(each.first_failed_seed),
        )
        for each in order
    )
    columns = ("expectation or check", "held", "violated", "unknown", "looks", "first seed that failed")
    return Table(columns, rows, (1, 2, 3, 4, 5))


def situation_tally_table(report: Report) -> Table:
    """In how many seeds each hard state was reached."""
    rows = tuple(
        (each.name, f"{number(each.count)} in {counted(each.seed_count, 'seed')}" if each.count else NEVER)
        for each in report.situations
    )
    return Table(("hard state", "reached"), rows, (1,))


def distribution_rows(report: Report) -> Iterator[tuple[Distribution, tuple[str, ...]]]:
    """Each figure with its row of text."""
    for each in report.distributions:
        values = (each.min, each.p50, each.p95, each.p99, each.max)
        texts = tuple(figure(value, each.unit) for value in values)
        yield each, (each.group, each.name, number(each.count), *texts, str(each.max_seed))


DISTRIBUTION_COLUMNS: Final = ("about", "figure", "seeds", "min", "p50", "p95", "p99", "max", "seed of max")


def figure(value: int, unit: str) -> str:
    """A figure as a reader wants it."""
    if unit == DURATION:
        return duration(value)
    if unit == REPLICA_TIME:
        return f"{value / SECOND:.1f} replica-s"
    if unit == BYTES_PER_SECOND:
        return f"{size(value)}/s"
    return f"{number(value)}/s" if unit == PER_SECOND else number(value)


def header_rows(report: Report) -> Iterator[tuple[str, str]]:
    """What was played, in name and value."""
    header = report.header
    network = header.network
    yield "scenario", f"{header.file} (sha256 {header.text_sha256})"
    for stack in header.stacks:
        yield "stack", f"{stack.name} of {stack.file} (sha256 of its content as read: {stack.sha256})"
    yield "cluster", f"{counted(header.manager_count, 'manager')}, {counted(header.worker_count, 'worker')}"
    yield "timing", header.timing
    latency = f"{duration(network.latency_ns)} ± {duration(network.jitter_ns)}"
    rates = (
        (network.loss_ratio, "lost"),
        (network.duplicate_ratio, "duplicated"),
        (network.reorder_ratio, "reordered"),
    )
    chances = "".join(f", {100 * ratio:g} % {name}" for ratio, name in rates if ratio)
    yield "network", f"{latency} one way, {network.bandwidth_bits_per_s / 1e6:g} Mbit/s{chances}"
    yield "length", f"{duration(header.end_ns)} of simulated time"
    seeds = [line.seed for line in report.seeds]
    yield "seeds", str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} ({number(len(seeds))})"
    yield "swarmsim", header.swarmsim_version
