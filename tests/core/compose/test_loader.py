"""What a Compose file amounts to, section by section."""

import msgspec
import pytest
from compose_stacks import complaint, service_of, stack_of

from core.compose.stack import NamedNetwork, Stack, StackWarning, bind
from core.ids import ConfigId, NetworkId

# --- names, labels, networks


def test_names_carry_the_stack_and_labels_its_namespace() -> None:
    stack = stack_of("services: {web: {image: 'web:1', labels: {tier: front}, deploy: {labels: [team=a, bare]}}}")
    [service] = stack.services
    assert service.spec.name == "shop_web"
    assert service.spec.labels == {
        "team": "a",
        "bare": "",
        "com.docker.stack.namespace": "shop",
        "com.docker.stack.image": "web:1",
    }
    assert service.spec.task.container.labels == {"tier": "front", "com.docker.stack.namespace": "shop"}


def test_a_service_without_networks_is_on_the_default_one() -> None:
    stack = stack_of("services: {web: {image: web}}")
    assert [network.name for network in stack.networks] == ["shop_default"]
    assert stack.networks[0].labels == {"com.docker.stack.namespace": "shop"}
    assert stack.services[0].networks == (NamedNetwork("shop_default", ("web",)),)


def test_the_default_network_can_be_set_up_or_be_external() -> None:
    stack = stack_of("services: {web: {image: web}}\nnetworks: {default: {external: true, name: house}}")
    assert (stack.networks, stack.external_networks) == ((), ("house",))
    assert stack.services[0].networks == (NamedNetwork("house", ("web",)),)


def test_networks_of_a_service_are_sorted_and_end_their_aliases_with_the_service() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: web
            networks:
              front: {aliases: [www, site], driver_opts: {mtu: 1400}, ipv4_address: 10.0.0.7}
              back:
        networks:
          front: {driver: overlay, driver_opts: {encrypted: ""}, attachable: true, internal: true, labels: [a=b],
                  ipam: {config: [{subnet: 10.9.0.0/16}]}}
          back: {name: "the-back"}
          unused:
        """
    )
    assert stack.services[0].networks == (
        NamedNetwork("shop_front", ("www", "site", "web"), {"mtu": "1400"}),
        NamedNetwork("the-back", ("web",)),
    )
    front, back = stack.networks
    assert (front.name, front.options, front.attachable, front.internal) == (
        "shop_front",
        {"encrypted": ""},
        True,
        True,
    )
    assert front.subnets[0].subnet == "10.9.0.0/16"
    assert front.labels == {"a": "b", "com.docker.stack.namespace": "shop"}
    assert back.name == "the-back"


def test_a_stack_may_be_named_by_its_file() -> None:
    assert stack_of("name: kiosk\nservices: {web: {image: web}}", name="").services[0].spec.name == "kiosk_web"


# --- warnings


def test_unsupported_and_deprecated_options_are_ignored_aloud() -> None:
    stack = stack_of(
        "services: {a: {image: a, links: [b], build: ., container_name: x}, b: {image: b, privileged: true, build: .}}"
    )
    assert [warning.message for warning in stack.warnings] == [
        "Ignoring unsupported options: build, links, privileged",
        "Ignoring deprecated options: container_name (a swarm names the containers itself)",
    ]


def test_depends_on_is_ignored_in_silence() -> None:
    assert stack_of("services: {a: {image: a, depends_on: [b]}, b: {image: b}}").warnings == ()


def test_a_constraint_that_no_node_can_meet_is_told() -> None:
    stack = stack_of("services: {a: {image: a, deploy: {placement: {constraints: ['node.roles == worker']}}}}")
    assert stack.warnings == (
        StackWarning(
            "no node will ever match 'node.roles'; did you mean 'node.role'?",
            "services.a.deploy.placement.constraints[0]",
        ),
    )


@pytest.mark.parametrize(
    ("constraint", "warned"),
    [
        ("node.role == wrker", "no node has the role 'wrker'; did you mean 'worker'?"),
        ("node.role != boss", "no node has the role 'boss'"),
        ("Node.Role == Worker", None),
        ("node.labels.role == wrker", None),
    ],
)
def test_a_role_that_no_node_has_is_told(constraint: str, warned: str | None) -> None:
    stack = stack_of(f"services: {{a: {{image: a, deploy: {{placement: {{constraints: ['{constraint}']}}}}}}}}")
    assert [warning.message for warning in stack.warnings] == ([] if warned is None else [warned])


def test_a_variable_that_is_not_set_is_told_once() -> None:
    stack = stack_of("services: {a: {image: 'a:${TAG}', command: ['${TAG}', '${ARG:-x}', '${NO-}']}}")
    assert stack.warnings == (StackWarning("variable 'TAG' is not set, so it is empty"),)


# --- refusals that need files or several sections; the others lie in tests/swarmsim/scenario/broken


def test_refusals_of_files() -> None:
    assert complaint({"image": "a", "env_file": "nowhere.env"}) == (
        "services.web.env_file: cannot read 'nowhere.env': No such file or directory"
    )
    assert complaint({"image": "a", "env_file": ["web.env", "bad.env"]}) == (
        "services.web.env_file[1]: bad.env:2: 'not a name' is not the name of a variable"
    )
    assert complaint({"image": "a"}, secrets={"s": {"file": "empty.txt"}}) == (
        "secrets.s.file: holds 0 bytes; from 1 to 511999 are allowed"
    )
    assert complaint({"image": "a"}, secrets={"s": {"environment": "NOT_SET"}}) == (
        "secrets.s.environment: variable 'NOT_SET' is not set"
    )


def test_the_same_file_gives_the_same_stack() -> None:
    text = "services: {web: {image: web, environment: {B: 1, A: 2}, networks: [b, a]}}\nnetworks: {b: , a: }"
    assert stack_of(text) == stack_of(text)


def test_what_came_from_variables_is_plain_text_on_the_wire() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: 'web:${N}'
            command: ["serve", "${N}"]
            environment: {A: '${N}', B: }
            labels: ['a=${N}']
            ports: ['${N}:80']
            volumes: ['./${N}:/srv']
            networks: {front: {aliases: ['a${N}'], driver_opts: {x: '${N}'}}}
            deploy: {labels: {b: '${N}'}, placement: {constraints: ['node.labels.a == ${N}']}}
        networks: {front: {name: 'net${N}', labels: {c: '${N}'}}}
        secrets: {s: {content: 'x${N}', name: 's${N}'}}
        """
    )
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(stack), type=Stack)
    assert decoded == stack


def test_a_credential_spec_in_a_config_is_resolved_with_the_others() -> None:
    service = service_of({"image": "web", "credential_spec": {"config": "creds"}}, configs={"creds": {"content": "{}"}})
    assert service.credential_config == "shop_creds"
    spec = bind(service, {"shop_default": NetworkId("n1")}, {}, {"shop_creds": ConfigId("c1")})
    assert spec.task.container.credential_spec == {"config": "c1"}
    assert complaint({"image": "web", "credential_spec": {"config": "cred"}}, configs={"creds": {"content": "{}"}}) == (
        "services.web.credential_spec: config 'cred' is not declared under the top-level configs; did you mean 'creds'?"
    )


def test_extension_fields_are_nobodys_business() -> None:
    stack = stack_of("x-notes: {price: $1, again: ['${}']}\nservices: {web: {image: web, x-seat: front}}")
    assert stack.warnings == ()


def test_the_older_way_to_name_something_external_is_deprecated() -> None:
    stack = stack_of("services: {web: {image: web}}\nsecrets: {s: {external: {name: vault}}}")
    [warning] = stack.warnings
    assert (warning.path, warning.message) == (
        "secrets.s.external",
        "external.name is deprecated in favor of name, beside 'external: true'",
    )


def test_who_gives_out_addresses_cannot_be_chosen() -> None:
    network = "{ipam: {driver: %s, config: [{subnet: 10.1.0.0/16}]}}"
    services = "services: {web: {image: web, networks: [n]}}\nnetworks: {n: "
    assert stack_of(services + network % "default" + "}").warnings == ()
    stack = stack_of(services + network % "dhcp" + "}")
    assert [warning.path for warning in stack.warnings] == ["networks.n.ipam.driver"]
    assert stack.networks[0].subnets[0].subnet == "10.1.0.0/16"
