"""The drawing: what is written stays within the chart and its bars, and what differs is told apart without colour."""

import re
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from told_recording import END_MS, MS, role, told_recording

from swarmsim.campaign import SeedResult
from swarmsim.recording import FaultBand, Recording
from swarmsim.report.canvas import BOLD, GUTTER, RIGHT, WIDTH, Canvas
from swarmsim.report.page import html_of
from swarmsim.report.report import report_of
from swarmsim.report.summary import summarise
from swarmsim.report.timeline_chart import timeline_chart
from swarmsim.scenario.plan import ClusterPlan, Scenario

STYLE = (files("swarmsim.report") / "assets" / "report.css").read_text(encoding="utf-8")


def drawn(recording: Recording) -> ElementTree.Element:
    run = summarise(recording)
    return ElementTree.fromstring(timeline_chart(run, run.whole, "whole"))


def of_class(chart: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in chart.iter() if name in (each.get("class") or "").split()]


def number(each: ElementTree.Element, name: str) -> float:
    return float(each.get(name) or "nan")


@pytest.mark.parametrize("at_ms", [100, 10_000, END_MS - 100])
@pytest.mark.parametrize("length", [10, 60, 400])
def test_what_was_done_is_written_within_the_chart_whenever_it_was(at_ms: int, length: int) -> None:
    text = "x" * length
    [label] = of_class(drawn(told_recording(faults=(FaultBand("loss", text, (), at_ms * MS, None),))), "of-fault")
    written = label.text or ""
    assert written == text or (written.endswith("…") and text.startswith(written[:-1]))
    assert number(label, "x") >= GUTTER
    assert number(label, "x") - 4 + Canvas.text_width(written) <= WIDTH - RIGHT + 1


def test_texts_of_what_was_done_do_not_overlap() -> None:
    faults = tuple(FaultBand("loss", f"loss: {at}% of all there is", (), at * 1_000 * MS, None) for at in range(24, 30))
    labels = of_class(drawn(told_recording(faults=faults)), "of-fault")
    places = [(number(each, "y"), number(each, "x"), Canvas.text_width(each.text or "")) for each in labels]
    assert len(places) == len(faults)
    for index, (y, x, _) in enumerate(places):
        assert all(y != other_y or x >= other_x + width for other_y, other_x, width in places[:index])


def test_the_text_of_a_service_stands_in_the_middle_of_its_row_however_low_its_bar() -> None:
    labels = [each for each in of_class(drawn(told_recording()), "in-service") if (each.text or "").endswith(" of 2")]
    assert {each.text for each in labels} > {"1 of 2"}
    assert len({each.get("y") for each in labels}) == 1


def test_one_that_only_asks_whether_it_would_get_votes_is_hatched_and_no_candidate() -> None:
    plain = told_recording()
    facts = sorted((*plain.facts, role(25_000, "m2", "pre-candidate", 3)), key=lambda each: each.at_ns)
    asking = replace(plain, facts=tuple(facts))
    fills = {each.get("fill") for each in of_class(drawn(asking), "pre-candidate")}
    assert fills == {"url(#whole-hatch-pre)"}
    assert not re.search(r"[.]pre-candidate [{]", STYLE), "a fill of the style would hide the hatch"


def test_the_legend_tells_candidates_from_those_who_only_ask() -> None:
    page = html_of_run()
    assert 'class="key key-candidate"' in page
    assert 'class="key key-pre"' in page


def html_of_run() -> str:
    scenario = Scenario("Kill the leader", "", ClusterPlan(3), END_MS * MS)
    return html_of(report_of(scenario, [SeedResult(7, summarise(told_recording()))], ""))


def test_whatever_the_legend_shows_has_its_colour() -> None:
    keys = set(re.findall(r'class="key (key-\w+)"', html_of_run()))
    assert not [key for key in keys if f".{key} {{" not in STYLE]


def test_labels_in_bold_are_known_to_be_wider() -> None:
    rules = re.findall(r"([^{}]+)[{][^}]*font-weight: 600[^}]*[}]", STYLE)
    bold = {name for rule in rules for name in re.findall(r"svg [.](in-[\w-]+)", rule)}
    assert bold == BOLD


def test_no_two_colours_of_one_mode_are_the_same_yellow() -> None:
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w+)", part)) for part in STYLE.split("@media", 1)[:2])
    for palette in (light, dark):
        assert len({palette[name] for name in ("candidate", "starting", "refused", "unhealthy", "missing")}) == 5
