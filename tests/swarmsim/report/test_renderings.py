"""The three renderings: complete, well-formed, self-contained, equal for equal reports, deaf to hostile names."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import msgspec
import pytest
from told_recording import KILL, told_recording

from swarmsim.campaign import SeedResult
from swarmsim.recording import FaultBand, HostRecord, Recording, Ruling, TrafficRecord, Verdict
from swarmsim.report.circumstances import Stopwatch
from swarmsim.report.document import json_of
from swarmsim.report.markdown import markdown_of
from swarmsim.report.page import html_of
from swarmsim.report.report import Report, report_of
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.report.tables import fault_table
from swarmsim.scenario.plan import ClusterPlan, Scenario

HOSTILE = "</script><script>alert(1)</script><b onclick='x'>\"&`|\n# x"


def scenario(name: str = "Kill the leader", file: str = "scenarios/kill.yaml") -> Scenario:
    return Scenario(name, "A story\n told by hand.", ClusterPlan(3), 30_000_000_000, file=file, text=f"name: {name}\n")


def report(*recordings: Recording, of: Scenario | None = None) -> Report:
    """The report on these runs, or on the one told by hand."""
    outcomes = [SeedResult(each.seed, summarise(each)) for each in recordings or (told_recording(),)]
    return report_of(of or scenario(), outcomes, "1.2.3")


class Outline(HTMLParser):
    """Checks that elements nest, and notes what the page consists of."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.counts: dict[str, int] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "action", "data", "poster"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_well_formed_and_has_every_section() -> None:
    outline = Outline(html_of(report()))
    assert outline.open == []
    sections = ["in-short", "timeline", "leaders", "anatomy", "availability", "verdicts", "coverage", "costs", "played"]
    assert [each for each in outline.ids if each in sections] == sections
    assert len(outline.ids) == len(set(outline.ids))


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = html_of(report())
    assert Outline(page).addresses == []
    addresses = set(re.findall(r"\w+://[^\s\"'<>)]*", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of a vocabulary, which nobody fetches
    assert "@import" not in page
    assert set(re.findall(r"url\(([^)]*)\)", page)) == set(re.findall(r"url\((#[^)]*)\)", page))


def test_every_chart_is_well_formed_and_says_what_it_shows() -> None:
    page = html_of(report(told_recording(), told_recording(seed=8)))
    charts = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(charts) > 5
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root[0].tag == "title"
        assert root[0].text


def test_what_a_chart_refers_to_is_there() -> None:
    page = html_of(report())
    ids = set(Outline(page).ids)
    assert set(re.findall(r"url\(#([^)]*)\)", page)) <= ids


def test_a_reader_learns_who_led_and_what_failed_for_how_long_and_why() -> None:
    story = {each.topic: each.text for each in report().story}
    assert story["Who led"] == (
        "m1 led in term 2 until 10.000 s, when it was hit by “kill: leader” (power loss). "
        "m3 was elected in term 3 at 10.330 s, 330 ms later, and led to the end of the run."
    )
    assert story["Writes of operator"] == (
        "299 of 300 writes were acknowledged; 1 has an unknown outcome. For 350 ms, from 10.000 s to 10.350 s, "
        "no write was acknowledged because no leader could act: of the 4 asked meanwhile at m2, 3 waited and were "
        "acknowledged and 1 has an unknown outcome."
    )
    assert story["Requests of voters"] == (
        "10 of 280 requests to web:5000 (3.6 %) failed. For 1.90 s, from 10.000 s to 11.900 s, 52.6 % failed, "
        "since web.1 on m1 was gone and the swarm did not know it until 12.000 s, when it gave up m1: "
        "10 timed out (m1 has no power)."
    )
    assert story["Tasks"] == (
        "“kill: leader” at 10 s left web short of tasks; all ran again 3.00 s later. "
        "Over the run 3.0 replica-seconds were missing."
    )
    assert story["Verdict"] == "All 2 expectations and checks held, over 403 single looks."


@pytest.mark.parametrize("render", [json_of, markdown_of, html_of])
def test_equal_reports_are_rendered_equal(render: object) -> None:
    assert callable(render)
    assert render(report()) == render(report())


def test_the_document_is_read_back_as_it_was_written() -> None:
    told = report()
    assert msgspec.json.decode(json_of(told), type=Report) == told


def test_the_document_names_no_path_of_any_machine() -> None:
    told = report(of=scenario(file="/some/where/kill.yaml"))
    assert told.header.file == "kill.yaml"
    assert b"/some/where" not in json_of(told)
    assert told.seeds[0].replay == "swarmsim run kill.yaml --seed 7 -v"


def hostile() -> Report:
    """Everything that has a name is called by one that tries to break out."""
    plain = told_recording()
    hosts = tuple(
        HostRecord(f"{HOSTILE}{each.name}", HOSTILE, each.role, "", each.node_ids, each.power) for each in plain.hosts
    )
    recording = told_recording(
        hosts=hosts,
        faults=(FaultBand("kill", HOSTILE, (hosts[0].name,), 10_000_000_000, None),),
        traffic=tuple(TrafficRecord(HOSTILE, HOSTILE, 80, 10.0, each.samples) for each in plain.traffic),
        verdicts=(Verdict(HOSTILE, Ruling.VIOLATED, HOSTILE, 1, 5, 1),),
        situations={HOSTILE: 3},
        problems=(HOSTILE,),
    )
    return report(recording, of=scenario(HOSTILE, f"{HOSTILE}.yaml"))


def test_no_name_breaks_out_of_the_page() -> None:
    page = html_of(hostile())
    outline = Outline(page)
    assert outline.open == []
    assert outline.counts["script"] == 1
    assert (outline.counts.get("b", 0), outline.handlers) == (Outline(page.replace(HOSTILE, "")).counts.get("b", 0), [])
    for chart in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        ElementTree.fromstring(chart)


def test_no_name_breaks_out_of_a_table_or_heading_of_the_text() -> None:
    text = markdown_of(hostile())
    before_the_source = text.split("## What was played")[0]
    tables = [line for line in before_the_source.splitlines() if line.startswith("|")]
    assert tables
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in tables]
    heads = [index for index, line in enumerate(tables) if set(line) <= set("|-: ")]
    assert all(widths[index - 1] == widths[index] == widths[index + 1] for index in heads)
    assert "<script>" not in before_the_source.replace("\\<script\\>", "")
    assert not [line for line in before_the_source.splitlines() if line.startswith("# x")]


def test_a_fence_is_longer_than_any_in_the_scenario() -> None:
    told = report(of=scenario("```` x"))
    assert "`````yaml\nname: ```` x\n`````" in markdown_of(told)


def test_the_run_that_did_not_hold_is_shown_and_told_first() -> None:
    broken = told_recording(seed=9, verdicts=(Verdict("always: raft-safety", Ruling.VIOLATED, "two leaders", 1, 5),))
    told = report(told_recording(seed=8), broken)
    assert told.ruling is Ruling.VIOLATED
    assert told.shown is not None
    assert told.shown.seed == 9
    assert told.story[0].text == "“always: raft-safety” did not hold: two leaders."
    assert "Everything that was expected held in 1 of 2 seeds." in html_of(told)
    assert "swarmsim run scenarios/kill.yaml --seed 9 -v" in markdown_of(told)


def test_several_seeds_are_compared() -> None:
    told = report(told_recording(), told_recording(seed=8))
    [elected] = [each for each in told.distributions if each.name == "new leader elected"]
    assert (elected.group, elected.count, elected.p50) == (f"{KILL}, at 10 s", 2, 330_000_000)
    assert "seeds" in Outline(html_of(told)).ids
    safety = told.verdicts[1]
    assert (safety.name, safety.held_count, safety.checked_count, safety.first_failed_seed) == (
        "always: raft-safety",
        2,
        800,
        None,
    )
    assert [(each.name, each.seed_count, each.count) for each in told.situations] == [
        ("leader-changed", 2, 2),
        ("split-vote", 0, 0),
    ]


def test_seeds_that_crashed_are_told_though_there_is_nothing_to_show() -> None:
    crashed: SeedResult[RunSummary] = SeedResult(3, None, "AssertionError: no")
    told = report_of(scenario(), [crashed], "")
    assert (told.shown, told.ruling) == (None, Ruling.UNKNOWN)
    assert "the run crashed: AssertionError: no" in markdown_of(told)
    assert Outline(html_of(told)).open == []


def test_the_groups_of_a_partition_are_told_as_they_were_with_those_that_are_in_none() -> None:
    text = "partition: [leader, followers]"
    parted = FaultBand("partition", text, ("m1", "m2"), 5_000_000_000, None, (("m1",), ("m2",)), ("m3",))
    told = report(told_recording(faults=(parted,)))
    whom = "m1 | m2 | in no group named: m3"
    assert f"{text} — {whom}" in Outline(html_of(told)).texts
    assert whom in Outline(html_of(told)).texts
    assert whom.replace("|", "\\|") in markdown_of(told)
    assert b'"others": [' in json_of(told)


def test_those_that_a_bridge_joins_are_told() -> None:
    bridge = FaultBand("bridge", "bridge: m3", ("m3", "m1", "m2"), 0, None, (("m1",), ("m2",)))
    [row] = fault_table(summarise(told_recording(faults=(bridge,)))).rows
    assert row == ("0.000 s", "the run's end", "bridge: m3", "m1 | m2; all hear m3")


def test_what_varies_stands_on_the_page_only_if_it_is_handed_in() -> None:
    stopwatch = Stopwatch()
    for cpu_s in (1.5, 0.5):
        stopwatch.add_cpu(cpu_s)
    circumstances = stopwatch.read(report_sha256="abc123", jobs=2, simulated_s=30.0)
    assert (circumstances.cpu_s, circumstances.simulated_s_per_cpu_s) == (2.0, 15.0)
    assert "abc123" in html_of(report(), circumstances)
    assert "circumstances" not in Outline(html_of(report())).ids


@pytest.mark.parametrize("part", ["facts", "traffic", "writers", "messages", "services", "verdicts", "faults", "hosts"])
def test_a_recording_that_lacks_a_part_still_makes_a_report(part: str) -> None:
    told = report(told_recording(**{part: ()}))
    assert Outline(html_of(told)).open == []
    assert markdown_of(told)


@pytest.mark.parametrize("render", [markdown_of, html_of])
def test_a_heading_with_nothing_below_it_is_left_out(render: Callable[[Report], str]) -> None:
    quiet = told_recording(faults=())
    assert "How the swarm got over it" not in render(report(quiet))
    assert "How the swarm got over it" in render(report())
