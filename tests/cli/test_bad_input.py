"""Bad input, through the real command: status, standard output and standard error together, and the run goes on."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.result import ExitStatus

SCRIPT = """\
import os
import sys

import requests

answer = requests.post(
    "https://id.sandbox.cybrid.app/oauth/token",
    json={
        "grant_type": "client_credentials",
        "client_id": os.environ["CYBRID_CLIENT_ID"],
        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
        "scope": "trades:execute",
    },
)
token = answer.json()["access_token"]
requests.post(
    "https://bank.sandbox.cybrid.app/api/trades",
    headers={"Authorization": f"Bearer {token}"},
    json={"quote_guid": sys.argv[1], "customer_guid": sys.argv[2]},
)
"""
"""One trade with the bank's token: a finding of AT-1 that must survive whatever lies beside it."""

TRADE_LINE = SCRIPT[: SCRIPT.index("/api/trades")].count("\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one finding. It lies one level down, so that a test can put something outside of it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "trade.py").write_text(SCRIPT)
    return folder


def report_of(outcome: Any) -> dict[str, Any]:
    assert outcome.status == ExitStatus.FINDINGS, outcome.stderr
    assert outcome.stderr == ""
    report: dict[str, Any] = json.loads(outcome.stdout)
    return report


def found(report: dict[str, Any], rule: str = "bank-token-on-customer-endpoint") -> list[tuple[str, int]]:
    return [
        (each["location"]["path"], each["location"]["start_line"])
        for each in report["findings"]
        if each["rule"] == rule
    ]


def skipped(report: dict[str, Any]) -> dict[str, str]:
    return {each["path"]: each["reason"] for each in report["files"]["skipped"]}


def scan(cli: Any, project: Path, *more: str, **options: Any) -> dict[str, Any]:
    return report_of(cli("scan", "--format", "json", *more, project, **options))


# ---------------------------------------------------------------- the target


def test_missing_path(cli: Any) -> None:
    outcome = cli("scan", "nowhere")
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr == "error: no such file or directory: nowhere; name the code base to audit\n"


def test_a_link_to_nothing(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    outcome = cli("scan", "link")
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr == "error: link is a link to nothing; name the code base to audit\n"


def test_a_path_that_is_no_file(cli: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    outcome = cli("scan", "pipe")
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr == "error: pipe is neither a directory nor a file; name the code base to audit\n"


def test_an_empty_folder_is_clean(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = cli("scan", "--format", "json", "--strict", "empty")
    assert (outcome.status, outcome.stderr) == (ExitStatus.CLEAN, "")
    assert json.loads(outcome.stdout)["findings"] == []


def test_the_good_file_alone(cli: Any, project: Path) -> None:
    report = scan(cli, project)
    assert found(report) == [("trade.py", TRADE_LINE)]
    assert skipped(report) == {}


# ---------------------------------------------------------------- files of the target


def drop_power_over_files() -> None:
    """Take from a process of root, and from what it starts, the power to read what its modes forbid."""
    if os.geteuid() != 0 or sys.platform != "linux":
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    for capability in (dac_override, dac_read_search):
        if libc.prctl(drop_from_bounding_set, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot drop a capability")


def test_unreadable_file(cli: Any, project: Path) -> None:
    secret = project / "closed.py"
    secret.write_text(SCRIPT)
    secret.chmod(0)
    report = scan(cli, project, before=drop_power_over_files)
    assert found(report) == [("trade.py", TRADE_LINE)]
    assert set(skipped(report)) == {"closed.py"}
    assert skipped(report)["closed.py"] == "not readable: permission denied"


def test_unreadable_folder(cli: Any, project: Path) -> None:
    folder = project / "closed"
    folder.mkdir()
    folder.chmod(0)
    report = scan(cli, project, before=drop_power_over_files)
    folder.chmod(0o700)
    assert found(report) == [("trade.py", TRADE_LINE)]
    assert set(skipped(report)) == {"closed"}


def test_unreadable_target(cli: Any, project: Path) -> None:
    project.chmod(0)
    outcome = cli("scan", "project", before=drop_power_over_files)
    project.chmod(0o700)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr == "error: project cannot be read; run as a user who may read it\n"


def test_binary_file(cli: Any, project: Path) -> None:
    (project / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    (project / "odd.ts").write_bytes(b"cybrid \x00\x01\x02" * 500)
    report = scan(cli, project)
    assert found(report) == [("trade.py", TRADE_LINE)]
    assert set(skipped(report)) <= {"odd.ts", "picture.png"}


def test_file_that_is_not_utf_8(cli: Any, project: Path) -> None:
    text = "# caf\u00e9, gar\u00e7on\n" + SCRIPT
    (project / "latin.py").write_bytes(text.encode("latin-1"))
    report = scan(cli, project)
    assert found(report) == [("latin.py", TRADE_LINE + 1), ("trade.py", TRADE_LINE)]


def test_utf_8_with_a_byte_order_mark(cli: Any, project: Path) -> None:
    (project / "mark.py").write_bytes(b"\xef\xbb\xbf" + SCRIPT.encode())
    assert found(scan(cli, project)) == [("mark.py", TRADE_LINE), ("trade.py", TRADE_LINE)]


def test_file_name_that_is_not_utf_8(cli: Any, project: Path) -> None:
    try:
        with open(os.fsencode(project) + b"/caf\xe9.py", "w") as file:
            file.write(SCRIPT)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    report = scan(cli, project)
    assert len(found(report)) == 2
    for format_ in ("text", "sarif"):
        outcome = cli("scan", "--format", format_, project)
        assert (outcome.status, outcome.stderr) == (ExitStatus.FINDINGS, "")


def test_terminal_escapes_in_a_file_name(cli: Any, project: Path) -> None:
    (project / "trade.py").rename(project / "a\x1b[2J\nb.py")
    outcome = cli("scan", project)
    assert (outcome.status, outcome.stderr) == (ExitStatus.FINDINGS, "")
    assert "\x1b" not in outcome.stdout
    assert "\\x1b[2J\\x0ab.py" in outcome.stdout


def test_a_syntax_error_costs_the_statement_not_the_file(cli: Any, project: Path) -> None:
    (project / "broken.py").write_text("def broken(:\n    return ]\n\n" + SCRIPT)
    assert ("broken.py", TRADE_LINE + 3) in found(scan(cli, project))


def test_garbage_in_every_language(cli: Any, project: Path) -> None:
    garbage = "}}}) cybrid ((( <<<<<<< HEAD \\ `${ '''\n\"\"\" /api/trades import from =>\n" * 50
    for suffix in ("py", "ts", "tsx", "js", "jsx", "mjs", "cjs"):
        (project / f"garbage.{suffix}").write_text(garbage)
    assert found(scan(cli, project)) == [("trade.py", TRADE_LINE)]


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "from b import x\nx.trade()\n", "b.py": "from a import x\nx.trade()\n"},
        {"a.py": "from a import x\nx.trade()\n"},
        {"a.py": "from b import *\nx()\n", "b.py": "from c import *\n", "c.py": "from a import *\n"},
        {"p/__init__.py": "from p.q import r\n", "p/q.py": "from p import r\nr()\n"},
        {"a.py": "class A(A): pass\nclass B(C): pass\nclass C(B): pass\nB().run()\nC().run()\nA().run()\n"},
        {"a.py": "x = y\ny = x\nx()\ndef f(): return f()\nf()\ng = lambda: h()\nh = lambda: g()\ng()\n"},
        {"a.ts": "import { x } from './b';\nx();\n", "b.ts": "export { x } from './a';\n"},
        {"a.ts": "export * from './b';\n", "b.ts": "export * from './a';\nimport { x } from './a';\nx();\n"},
        {"a.ts": "export { default } from './a';\nimport me from './a';\nme();\n"},
        {"a.js": "module.exports = require('./b'); require('./b')();", "b.js": "module.exports = require('./a');"},
        {"a.ts": "class A extends B {}\nclass B extends A {}\nnew A().run();\n"},
        {"a.ts": "const a = { b: null };\na.b = a;\nconst { b: { b: { b: c } } } = a;\nc.trade({ ...a, ...c });\n"},
        {"middleware.ts": "export const config = { matcher: ['/a', x] };\nexport function middleware() {}\n"},
        {"middleware.ts": "import { config } from './middleware';\nexport { config };\n"},
    ],
    ids=" ".join,
)
def test_circles(files: dict[str, str], cli: Any, project: Path) -> None:
    for name, text in files.items():
        (project / name).parent.mkdir(exist_ok=True)
        comment = "//" if name.endswith(("ts", "js")) else "#"
        (project / name).write_text(f"{comment} cybrid /api/trades bank.sandbox.cybrid.app\n{text}")
    assert found(scan(cli, project)) == [("trade.py", TRADE_LINE)]


def test_a_generated_file_of_50_mb(cli: Any, project: Path) -> None:
    line = b"export const a = fetch('https://bank.sandbox.cybrid.app/api/trades');\n"
    with open(project / "generated.js", "wb") as file:
        file.writelines(line * (1_000_000 // len(line)) for _ in range(50))
    report = scan(cli, project, timeout=20)
    assert found(report) == [("trade.py", TRADE_LINE)]
    assert set(skipped(report)) == {"generated.js"}
    assert "MB" in skipped(report)["generated.js"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("brackets.py", "cybrid = " + "(" * 5000 + "1" + ")" * 5000),
        ("lists.py", "cybrid = " + "[" * 5000 + "1" + "]" * 5000),
        ("blocks.py", "\n".join(" " * i + "if cybrid:" for i in range(5000)) + "\n" + " " * 5000 + "pass"),
        ("sums.py", "cybrid = " + "1 + " * 5000 + "1"),
        ("calls.py", "cybrid" + ".then(1)" * 5000),
        ("brackets.ts", "const cybrid = " + "(" * 5000 + "1" + ")" * 5000),
        ("objects.ts", "const cybrid = " + "{a: " * 5000 + "1" + "}" * 5000),
        ("blocks.js", "if (cybrid) {" * 5000 + "}" * 5000),
        ("functions.js", "cybrid(() => {" * 5000 + "})" * 5000),
        ("templates.js", "cybrid(`" + "${`" * 5000 + "`}" * 5000 + "`)"),
        ("elements.tsx", "const cybrid = " + "<a>" * 5000 + "</a>" * 5000),
        ("else.js", "if (cybrid) {} else " * 5000 + "{}"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_nesting_of_5000_levels(name: str, text: str, cli: Any, project: Path) -> None:
    (project / name).write_text(text)
    assert ("trade.py", TRADE_LINE) in found(scan(cli, project, timeout=30))


# ---------------------------------------------------------------- links


def test_a_loop_of_links(cli: Any, project: Path) -> None:
    (project / "again").symlink_to(".")
    (project / "a").symlink_to("b")
    (project / "b").symlink_to("a")
    assert found(scan(cli, project)) == [("trade.py", TRADE_LINE)]


def test_links_out_of_the_tree_are_not_followed(cli: Any, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "other.py").write_text(SCRIPT)
    (project / "linked.py").symlink_to(outside / "other.py")
    (project / "folder").symlink_to(outside)
    (project / "absolute.py").symlink_to("/dev/zero")
    outcome = cli("scan", "--format", "json", project, timeout=20)
    report = report_of(outcome)
    assert found(report) == [("trade.py", TRADE_LINE)]
    assert "other.py" not in outcome.stdout


def test_a_pipe_in_the_tree_does_not_block(cli: Any, project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    assert found(scan(cli, project, timeout=20)) == [("trade.py", TRADE_LINE)]


def test_a_target_that_is_a_link(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project)
    assert found(scan(cli, tmp_path / "link")) == [("trade.py", TRADE_LINE)]


# ---------------------------------------------------------------- configuration and filters


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\nrules: [unclosed", "conf.yaml:3: not valid YAML: "),
        ("version: 1\nno_such_key: 1\n", "conf.yaml:2: unknown key 'no_such_key'"),
        ("version: 1\nrule: {}\n", "did you mean 'rules'?"),
        ("- a\n- list\n", "conf.yaml:1: "),
        ("version: 1\nsides: 17\n", "conf.yaml:2: 'sides' must be a list"),
        ("version: 1\nfail_on: always\n", "conf.yaml:2: fail_on 'always' is not known"),
        ("version: 1\nrules: {disable: [no-such-rule]}\n", "conf.yaml:2: rules: unknown rule 'no-such-rule'"),
        ("!!python/object/apply:os.system ['true']\n", "conf.yaml:1: "),
    ],
)
def test_broken_configuration(text: str, message: str, cli: Any, project: Path, tmp_path: Path) -> None:
    config = tmp_path / "conf.yaml"
    config.write_text(text)
    outcome = cli("scan", "--config", config, project)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith("error: ")
    assert outcome.stderr.count("\n") == 1
    assert message in outcome.stderr


def test_missing_configuration(cli: Any, project: Path) -> None:
    outcome = cli("scan", "--config", "nowhere.yaml", project)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith("error: ")
    assert "nowhere.yaml" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_unknown_rule_in_a_filter(cli: Any, project: Path) -> None:
    outcome = cli("scan", "--rule", "bank-token-on-customer-endpoints", project)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr == (
        "error: unknown rule 'bank-token-on-customer-endpoints'; did you mean 'bank-token-on-customer-endpoint'?\n"
    )


# ---------------------------------------------------------------- what surrounds a run


def test_report_on_a_full_disk(cli: Any, project: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    outcome = cli("scan", "--output", "/dev/full", project)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith("error: cannot write /dev/full: No space left on device; ")


def test_a_read_only_home(cli: Any, project: Path) -> None:
    report = scan(cli, project, env={"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent"})
    assert found(report) == [("trade.py", TRADE_LINE)]


def test_nothing_of_the_target_runs(cli: Any, project: Path, tmp_path: Path) -> None:
    poison = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    for name in ("sitecustomize.py", "conftest.py", "setup.py", "yaml.py", "click.py", "cybrid_audit.py", "json.py"):
        (project / name).write_text(poison + "import cybrid\n")
    outcome = cli("scan", "--format", "json", ".", cwd=project)
    assert found(report_of(outcome)) == [("trade.py", TRADE_LINE)]
    assert not (tmp_path / "ran").exists()


def test_the_project_can_set_its_threshold_and_the_command_line_decides(cli: Any, project: Path) -> None:
    (project / ".cybrid-audit.yaml").write_text("version: 1\nfail_on: never\n")
    assert cli("scan", project).status == ExitStatus.CLEAN
    assert cli("scan", "--fail-on", "required", project).status == ExitStatus.FINDINGS
