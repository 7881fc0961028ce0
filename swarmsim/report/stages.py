"""The stages of getting over a disturbance: their names, and which waits for which."""

from typing import Final

STAGES: Final = {
    "detected": "leader's silence noticed",
    "campaign": "votes asked for",
    "elected": "new leader elected",
    "first-commit": "its first entry committed",
    "first-write": "first write acknowledged",
    "sessions-back": "all agents in session again",
    "hosts-down": "lost hosts declared down",
    "daemons-started": "daemons started again",
    "hosts-back": "hosts back in session",
    "tables-clear": "lost tasks out of all tables",
    "first-request": "first good request by a corrected table",
    "requests-good": "no request fails any more",
    "tasks-running": "all tasks running again",
    "tables-consistent": "all routing tables up to date",
}
AFTER: Final = {
    "campaign": ("detected",),
    "elected": ("campaign", "detected"),
    "first-commit": ("elected",),
    "first-write": ("first-commit",),
    "sessions-back": ("first-commit",),
    "hosts-down": ("first-commit",),
    "daemons-started": (),
    "hosts-back": ("daemons-started",),
    "tables-clear": ("hosts-down", "first-commit"),
    "tasks-running": ("hosts-down", "first-commit"),
    "tables-consistent": ("tasks-running", "tables-clear", "hosts-back", "hosts-down", "sessions-back"),
    "first-request": ("tables-clear", "first-commit"),
    "requests-good": ("tables-clear", "hosts-down", "first-commit"),
}
"""What each stage waits for: it is drawn from the latest of these that came before it, else from the disturbance."""
