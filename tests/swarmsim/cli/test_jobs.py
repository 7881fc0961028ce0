"""Seeds over several processes: the same report, to the last byte, as in one."""

from pathlib import Path

from command_line import Command

STORY = """
name: Lose the leader
cluster: {managers: 3, workers: 1, network: lan, timing: lan}
images:
  web:1: {port: 80}
deploy:
  - stack: {name: s, file: s.yml}
traffic:
  - {name: users, to: "s_web:8080", rate: 20/s}
writers:
  - {name: operator, rate: 5/s}
timeline:
  - {at: 3s, kill: leader, until: 5s}
expect:
  - {after: 3s, leader: true, within: 2s}
end: 8s
"""
STACK = """
services:
  web:
    image: web:1
    ports: ["8080:80"]
    deploy: {replicas: 3}
"""


def test_the_report_is_the_same_for_any_number_of_jobs(swarmsim: Command) -> None:
    Path("s.yml").write_text(STACK)
    Path("story.yaml").write_text(STORY)
    written: list[list[bytes]] = []
    for jobs in ("1", "2"):
        ended = swarmsim("run", "story.yaml", "--seeds", "1..5", "--jobs", jobs, "--out", jobs, "--quiet")
        assert ended.code == 0
        written.append([Path(jobs, name).read_bytes() for name in ("report.json", "report.md")])
    assert written[0] == written[1]
    assert b'"max_seed"' in written[0][0], "it compares the seeds"
