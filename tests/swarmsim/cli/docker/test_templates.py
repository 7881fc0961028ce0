"""`--format`: the part of Go's templates that is there, and tables made of it."""

import pytest

from swarmsim.cli.docker.tables import print_list
from swarmsim.cli.docker.templates import Template, TemplateError

DATA = {
    "ID": "abc",
    "Labels": {"b": "2", "a": "1"},
    "Spec": {"Name": "web", "Count": 3, "On": True, "None": None},
    "Ports": ["80", "443"],
    "Empty": [],
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{.ID}}: {{ .Spec.Name }}", "abc: web"),
        (r"{{.ID}}\t{{.Spec.Count}}", "abc\t3"),
        ("{{.Spec.On}} {{.Spec.None}} {{.Labels}} {{.Ports}}", "true <no value> map[a:1 b:2] [80 443]"),
        ("{{json .Ports}}{{json .Spec.Name}}", '["80","443"]"web"'),
        ("{{range .Ports}}<{{.}}>{{else}}none{{end}}", "<80><443>"),
        ("{{range .Empty}}<{{.}}>{{else}}none{{end}}", "none"),
        ("{{if .Spec.On}}yes{{if .Empty}}!{{end}}{{else}}no{{end}}", "yes"),
        ("{{if not .Spec.On}}yes{{else}}no{{end}}", "no"),
        ('{{join .Ports ", "}} {{.Spec.Name | upper}} {{len .Ports}}', "80, 443 WEB 2"),
        ('{{index .Labels "b"}}{{index .Ports 1}}', "2443"),
        ("a  {{- .ID -}}  b", "aabcb"),
        ("plain", "plain"),
    ],
)
def test_a_template_is_filled_in_as_go_does(text: str, filled: str) -> None:
    assert Template(text).fill(DATA) == filled


@pytest.mark.parametrize(
    "text", ["{{.Nope}}", "{{.ID", "{{nope .ID}}", "{{}}", "{{if .ID}}x", "x{{end}}", "{{index .Ports 9}}", "{{.ID.X}}"]
)
def test_a_template_that_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(TemplateError, match="template parsing error"):
        Template(text).fill(DATA)


ROWS = [{"ID": "1", "Name": "a-long-name", "Self": True}, {"ID": "22", "Name": "b", "Self": False}]


def printed(capsys: pytest.CaptureFixture[str], format_text: str, *, quiet: bool = False) -> str:
    """What is printed of the rows."""
    table = r"{{.ID}}{{if .Self}} *{{end}}\t{{.Name}}\t{{.Self}}"
    print_list(ROWS, table, {"Name": "THE NAME", "Self": ""}, format_text, quiet=quiet)
    return capsys.readouterr().out


def test_a_table_has_its_cells_under_each_other_three_blanks_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "") == (
        "ID        THE NAME      \n1 *       a-long-name   true\n22        b             false\n"
    )


def test_a_table_may_have_a_template_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, r"table {{.Name}}\t{{.ID}}") == "THE NAME      ID\na-long-name   1\nb             22\n"


def test_ids_alone_rows_as_json_or_by_a_template(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "", quiet=True) == "1\n22\n"
    assert printed(capsys, "json").splitlines()[0] == '{"ID":"1","Name":"a-long-name","Self":true}'
    assert printed(capsys, "{{.ID}}!") == "1!\n22!\n"
