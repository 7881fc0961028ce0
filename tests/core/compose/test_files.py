"""Secrets and configs: read, named, and handed to services."""

from compose_stacks import stack_of

from core.compose.stack import NamedFile
from core.objects.task import (
    FileTarget,
)


def test_secrets_are_read_and_referred_to_by_full_name() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: web
            secrets: [password, {source: outer, target: /srv/s, uid: '7', gid: 8, mode: 0400}]
            configs: [{source: motd, target: /etc/motd}]
        secrets: {password: {file: password.txt}, outer: {external: true}}
        configs: {motd: {content: hello}, unused: {environment: N}}
        """
    )
    assert stack.services[0].secrets == (
        NamedFile("outer", FileTarget("/srv/s", "7", "8", 0o400)),
        NamedFile("shop_password", FileTarget("password")),
    )
    assert stack.services[0].configs == (NamedFile("shop_motd", FileTarget("/etc/motd")),)
    assert [(secret.name, secret.data) for secret in stack.secrets] == [("shop_password", b"open sesame\n")]
    assert [(config.name, config.data) for config in stack.configs] == [("shop_motd", b"hello"), ("shop_unused", b"3")]
    assert stack.external_secrets == ("outer",)


def test_the_older_way_to_name_an_external_secret() -> None:
    stack = stack_of("services: {web: {image: web, secrets: [s]}}\nsecrets: {s: {external: {name: vault}}}")
    assert stack.external_secrets == ("vault",)
    assert stack.services[0].secrets == (NamedFile("vault", FileTarget("s")),)
