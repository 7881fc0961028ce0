"""The report for programs: `report.json`, the same bytes for equal reports."""

import msgspec

from swarmsim.report.report import Report


def json_of(report: Report) -> bytes:
    """All of it, indented; times in nanoseconds, as the names of fields say."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
