"""`swarmsim secret`, `config`, `network` and `node`, and what all verbs have in common."""

import base64
import json
from pathlib import Path

import pytest
from command_line import Command
from docker_verbs import Verb
from served import Served

from swarmsim.cli.docker.asking import VARIABLE
from swarmsim.serve.place import DIRECTORY_VARIABLE


def test_a_config_is_created_listed_shown_and_removed(ours: Verb) -> None:
    Path("file").write_text("one\ntwo")
    made = ours("config", "create", "-l", "a=b", "conf", "file")
    assert len(made.out.strip()) == 25
    shown = json.loads(ours("config", "inspect", "conf").out)[0]
    assert base64.b64decode(shown["Spec"]["Data"]) == b"one\ntwo"
    assert ours("config", "ls", "--format", "{{.Name}} {{.Labels}}").out == "conf a=b\n"
    assert ours("config", "inspect", "--pretty", "conf").out.endswith("Data:\none\ntwo\n")
    assert ours("config", "rm", "conf").out == "conf\n"
    assert ours("config", "rm", "conf").err == "Error response from daemon: config conf not found\n"


def test_a_secret_s_data_is_never_shown(ours: Verb) -> None:
    Path("file").write_text("hush")
    ours("secret", "create", "key", "file")
    assert "Data" not in json.loads(ours("secret", "inspect", "key").out)[0]["Spec"]
    assert ours("secret", "create", "key", "file").code == 1
    assert ours("secret", "create", "other", "nowhere").err == "error reading from nowhere: No such file or directory\n"
    assert ours("secret", "create", "other").code == 1
    assert ours("secret", "rm", "key", "nothing").code == 1
    assert ours("secret", "ls", "-q").out == ""


def test_each_address_goes_to_its_subnet(ours: Verb) -> None:
    words = "-d overlay --subnet 10.91.0.0/24 --gateway 10.91.0.7 --ip-range 10.91.0.128/25"
    made = ours("network", "create", *words.split(), "--label", "a=b", "own")
    assert made.code == 0, made.err
    pools = json.loads(ours("network", "inspect", "-f", "{{json .IPAM.Config}}", "own").out)
    assert pools == [{"Subnet": "10.91.0.0/24", "IPRange": "10.91.0.128/25", "Gateway": "10.91.0.7"}]
    assert ours("network", "rm", "own").out == "own\n"
    stray = ours("network", "create", "-d", "overlay", "--subnet", "10.91.0.0/24", "--gateway", "10.1.0.1", "x")
    assert stray.err == "no matching subnet for 10.1.0.1; name it with --subnet\n"


def test_networks_that_nothing_uses_are_pruned(ours: Verb) -> None:
    ours("network", "create", "-d", "overlay", "unused")
    assert ours("network", "prune", "-f").out == "Deleted Networks:\nunused\n\n"
    assert ours("network", "prune", "-f").out == ""
    assert ours("network", "rm", "--force", "unused").code == 0


def test_labels_availability_and_role_of_a_node_change(ours: Verb) -> None:
    assert ours("node", "update", "--label-add", "rack=a", "--availability", "drain", "w1").out == "w1\n"
    assert ours("node", "inspect", "w1", "-f", "{{.Spec.Labels}} {{.Spec.Availability}}").out == "map[rack:a] drain\n"
    assert ours("node", "update", "--label-rm", "bogus", "w1").err == "key bogus doesn't exist in node's labels\n"
    assert ours("node", "update", "--label-rm", "rack", "--availability", "active", "w1").code == 0
    assert ours("node", "ls", "--filter", "node.label=rack=a", "-q").out == ""
    assert ours("node", "rm", "w1").code == 1
    assert ours("node", "demote", "m1").code == 1


def test_the_daemon_is_the_one_that_is_named_else_the_first_that_is_served(
    cluster: Served, swarmsim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = cluster.places["w1"]
    monkeypatch.setenv(VARIABLE, place.docker_host)
    assert swarmsim("node", "ls").err.startswith("Error response from daemon: This node is not a swarm manager.")
    manager = cluster.places["m1"].docker_host
    for words in (("node", "-H", manager, "ls"), ("-H", manager, "node", "ls"), ("node", "ls", "--host", manager)):
        assert swarmsim(*words).code == 0, words
    nested = swarmsim("-H", f"unix://{place.socket}.away", "node", "-H", place.docker_host, "ls", "-H", manager)
    assert nested.code == 0, "the last one counts"
    assert swarmsim("node", "ls", "--socket-dir", str(place.socket.parent)).code == 0, "before the variable"
    assert "only swarm, node, service" in swarmsim("-H", manager, "top").err
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(place.socket.parent))
    assert swarmsim("node", "ls", "--format", "{{if .Self}}{{.Hostname}}{{end}}").out.split() == ["m1"]


def test_of_hosts_that_are_served_a_manager_is_asked_and_another_is_named_in_what_it_refuses(
    hosts: Served, swarmsim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(hosts.places["m1"].socket.parent))
    refused = swarmsim("node", "ls")
    assert refused.code == 1
    assert refused.err.endswith("\nm1 was asked, since no host was named: -H or DOCKER_HOST name one.\n")
    assert swarmsim("swarm", "init", "-H", hosts.places["m2"].docker_host).code == 0
    assert swarmsim("node", "ls", "--format", "{{.Hostname}}").out == "m2\n"


def test_a_service_s_host_is_an_entry_of_its_own_and_not_the_daemon(
    cluster: Served, swarmsim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(cluster.places["m1"].socket.parent / "nowhere"))
    manager = cluster.places["m1"].docker_host
    words = ("-H", manager, "--host", "printer:192.0.2.7", "-q", "--name", "hosted", "nginx")
    assert swarmsim("service", "create", *words).code == 0
    hosts = swarmsim("service", "inspect", "hosted", "-H", manager, "-f", "{{.Spec.TaskTemplate.ContainerSpec.Hosts}}")
    assert hosts.out == "[192.0.2.7 printer]\n"
    assert swarmsim("service", "rm", "hosted", "-H", manager).code == 0


def test_where_no_daemon_is_it_is_said_what_to_do(
    swarmsim: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    none = swarmsim("node", "ls")
    assert (none.code, none.out) == (1, "")
    assert none.err.startswith("There is no daemon to ask. Start a cluster with `swarmsim serve`")
    away = swarmsim("node", "-H", f"unix://{tmp_path}/away.sock", "ls")
    assert away.code == 1
    assert away.err.startswith(f"Cannot connect to the Docker daemon at unix://{tmp_path}/away.sock.")


def test_switches_take_a_value_and_nothing_else_does(ours: Verb) -> None:
    assert ours("node", "ls", "--quiet=true").out == ours("node", "ls", "-q").out
    assert ours("node", "ls", "--quiet=false").out == ours("node", "ls").out
    assert ours("stack", "rm", "--detach=maybe", "st").code == 2
    assert ours("node", "ls", "--filter", "role").err.startswith("invalid argument 'role'")


def test_docker_s_other_names_of_verbs_are_understood(ours: Verb) -> None:
    assert ours("node", "list").out == ours("node", "ls").out
    assert ours("service", "remove", "nothing").code == 1
