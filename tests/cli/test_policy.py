"""The life of what a project accepts, through the real command: comments, configuration, attestations, baseline, trust."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from cybrid_audit.result import ExitStatus
from tests.conftest import Cli

TOKEN: Final = """\
import os

import requests
from flask import Flask

app = Flask(__name__)
IDP = "https://id.sandbox.cybrid.app"
BANK = "https://bank.sandbox.cybrid.app"


def bank_token():
    body = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CYBRID_CLIENT_ID"],
        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
        "scope": "customers:execute",
    }
    return requests.post(f"{IDP}/oauth/token", json=body, timeout=10).json()["access_token"]


@app.post("/customers")
def create_customer():
    headers = {"Authorization": f"Bearer {bank_token()}"}
    return requests.post(f"{BANK}/api/customers", json={"type": "individual"}, headers=headers, timeout=10).json()
"""
CREATE: Final = '    return requests.post(f"{BANK}/api/customers"'
LINE: Final = 1 + TOKEN.split("\n").index(next(line for line in TOKEN.split("\n") if line.startswith(CREATE)))
MFA, EMAIL = "customer-created-without-mfa", "customer-created-without-verified-email"
RULES: Final = f"{MFA}, {EMAIL}"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(TOKEN)
    return folder


def commented(folder: Path, comment: str) -> None:
    (folder / "app.py").write_text(TOKEN.replace(CREATE, f"    # cybrid-audit: {comment}\n{CREATE}"))


def report(cli: Cli, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    outcome = cli("scan", "--format", "json", *options, folder)
    assert outcome.stderr == ""
    return outcome.status, json.loads(outcome.stdout)


def rules(listed: list[dict[str, Any]]) -> list[str]:
    return [each["rule"] for each in listed]


def status(document: dict[str, Any], control: str) -> str:
    (found,) = [each["status"] for each in document["controls"] if each["id"] == control]
    return str(found)


# ---------------------------------------------------------------- comments


def test_a_comment_takes_a_finding_out_until_its_day(cli: Cli, shop: Path) -> None:
    code, before = report(cli, shop)
    assert (code, rules(before["findings"]), before["suppressed"]) == (1, [MFA, EMAIL], [])

    commented(shop, f"ignore[{RULES}] a back office only (until 2999-01-01)")
    code, accepted = report(cli, shop, "--fail-on", "recommended")
    assert (code, accepted["findings"], rules(accepted["suppressed"])) == (0, [], [MFA, EMAIL])
    assert accepted["suppressed"][0]["suppression"] == {
        "kind": "inline",
        "reason": "a back office only",
        "owner": None,
        "until": "2999-01-01",
        "path": "app.py",
        "line": LINE,
    }
    assert status(accepted, "CA-1") == "violated"
    assert "2 further findings not counted: 2 accepted in a comment" in cli("scan", shop).stdout

    commented(shop, f"ignore[{RULES}] a back office only (until 2020-01-01)")
    code, expired = report(cli, shop)
    assert (code, rules(expired["findings"])) == (1, [MFA, EMAIL, "suppression-expired"])
    assert expired["suppressed"] == []


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        (f"ignore[{RULES}]", "suppression-invalid"),
        ("ignore a back office", "suppression-invalid"),
        ("ignore[*] a back office", "suppression-invalid"),
        ("ignore[customer-without-mfa] a back office", "suppression-invalid"),
        ("ignore[transaction-without-mfa] a back office", "suppression-unused"),
    ],
)
def test_a_comment_that_cannot_count_is_found(comment: str, rule: str, cli: Cli, shop: Path) -> None:
    commented(shop, comment)
    code, document = report(cli, shop)
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, rule])
    assert document["findings"][2]["location"]["start_line"] == LINE
    assert status(document, "X-POLICY") == "violated"


def test_sarif_says_what_is_suppressed(cli: Cli, shop: Path) -> None:
    commented(shop, f"ignore[{MFA}] a back office only")
    (run,) = json.loads(cli("scan", "--format", "sarif", shop).stdout)["runs"]
    told = {each["ruleId"]: each["suppressions"] for each in run["results"]}
    assert told[EMAIL] == []
    (said,) = told[MFA]
    assert (said["kind"], said["status"], said["justification"]) == ("inSource", "accepted", "a back office only")


def test_why_tells_what_is_accepted(cli: Cli, shop: Path) -> None:
    commented(shop, f"ignore[{MFA}] a back office only")
    outcome = cli("why", "--in", shop, shop / f"app.py:{LINE + 1}")
    told = " ".join(outcome.stdout.split())
    assert "Findings here that are accepted and do not count" in told
    assert "accepted (inline): a back office only" in told
    assert "violated, and accepted: customer-created-without-mfa" in told


# ---------------------------------------------------------------- configuration


def configured(folder: Path, text: str) -> None:
    (folder / ".cybrid-audit.yaml").write_text(f"version: 1\n{text}")


def test_the_configuration_takes_findings_out_by_path(cli: Cli, shop: Path) -> None:
    entry = "suppressions:\n  - {rule: %s, path: '*.py', reason: a back office, owner: Ada%s}\n"
    configured(shop, entry % (MFA, ""))
    code, document = report(cli, shop)
    assert (code, rules(document["findings"]), rules(document["suppressed"])) == (0, [EMAIL], [MFA])
    assert document["suppressed"][0]["suppression"]["owner"] == "Ada"
    configured(shop, entry % (MFA, ", expires: 2020-01-01"))
    code, document = report(cli, shop)
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, "suppression-expired"])
    configured(shop, entry % ("transaction-without-mfa", ""))
    assert "suppression-unused" in rules(report(cli, shop)[1]["findings"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("suppressions:\n  - {rule: x-y, path: a, reason: b}\n", "3: suppressions: unknown rule 'x-y'"),
        (f"suppressions:\n  - {{rule: {MFA}, path: a}}\n", "3: 'reason' is missing in suppressions"),
        (f"suppressions:\n  - {{rule: {MFA}, reason: a}}\n", "3: 'path' or 'fingerprint' is missing"),
        (
            f"suppressions:\n  - {{rule: {MFA}, path: a, reasn: b}}\n",
            "3: unknown key 'reasn' in suppressions; did you mean",
        ),
        (f"suppressions:\n  - {{rule: {MFA}, path: a, reason: b, expires: May}}\n", "3: 'expires' is no date"),
        ("supressions: []\n", "2: unknown key 'supressions'; did you mean 'suppressions'?"),
    ],
)
def test_a_mistake_in_the_configuration_is_said_with_its_line(text: str, said: str, cli: Cli, shop: Path) -> None:
    configured(shop, text)
    outcome = cli("scan", shop)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert f".cybrid-audit.yaml:{said}" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_violation_that_is_not_sure_enough_does_not_count(cli: Cli, shop: Path) -> None:
    (shop / "app.py").write_text('import os\n\nCYBRID_BANK_TOKEN = os.environ["CYBRID_BANK_TOKEN"]\n' + TOKEN)
    assert report(cli, shop, "--min-confidence", "high")[0] == 1
    configured(shop, "min_confidence: medium\nfail_on: never\n")
    assert report(cli, shop)[0] == 0
    assert report(cli, shop, "--fail-on", "required")[0] == 1


# ---------------------------------------------------------------- attestations

ATTESTED: Final = """\
attestations:
  - control: CR-4
    statement: Only two operators can read the secret.
    owner: Ada
    evidence: https://wiki.example/7
    date: {date}
    expires: {expires}
"""


def test_an_attestation_settles_a_control_until_its_day(cli: Cli, shop: Path) -> None:
    assert status(report(cli, shop)[1], "CR-4") == "unproven"
    configured(shop, ATTESTED.format(date="2020-01-01", expires="2999-01-01"))
    held = report(cli, shop)[1]
    assert (status(held, "CR-4"), status(held, "X-POLICY")) == ("attested", "satisfied")


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2020-01-01", "2020-06-01", "The attestation of CR-4 expired on 2020-06-01 and counts as none"),
        ("2998-01-01", "2999-01-01", "The attestation of CR-4 is dated 2998-01-01, a day to come, and counts as none"),
    ],
)
def test_an_attestation_of_another_time_settles_nothing(cli: Cli, shop: Path, first: str, last: str, said: str) -> None:
    configured(shop, ATTESTED.format(date=first, expires=last))
    document = report(cli, shop)[1]
    assert status(document, "CR-4") == "unproven"
    assert rules(document["findings"]) == [MFA, EMAIL, "attestation-expired"]
    assert document["findings"][-1]["message"].startswith(said)
    (control,) = (each for each in document["controls"] if each["id"] == "CR-4")
    assert "attested" not in {each["kind"] for each in control["evidence"]}
    assert [each["text"].partition("Only")[0] for each in control["evidence"] if each["kind"] == "lapsed"] == [
        "dated 2998-01-01, a day to come: " if first == "2998-01-01" else ""
    ]
    assert "attestation that counts as none" in cli("audit", shop).stdout
    assert "Nobody attests anything" not in cli("scan", shop, "-f", "html").stdout


def test_a_glob_that_fits_every_source_file_does_not_count(cli: Cli, shop: Path) -> None:
    entry = "suppressions:\n  - {rule: %s, path: '%s', reason: a back office}\n"
    for name in ("one.py", "two.py"):
        (shop / name).write_text("print()\n")
    configured(shop, entry % (MFA, "*.py"))
    code, document = report(cli, shop)
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, "suppression-invalid"])
    assert "is as wide as the project and does not count" in document["findings"][2]["message"]
    (shop / "three.ts").write_text("export {};\n")
    assert rules(report(cli, shop)[1]["findings"]) == [EMAIL]
    configured(shop, entry % (MFA, "app.py"))
    assert rules(report(cli, shop)[1]["findings"]) == [EMAIL]


def test_a_configuration_and_a_baseline_above_are_told_and_not_used(cli: Cli, shop: Path) -> None:
    """Within the repository alone: what lies above that is none of its business."""
    (shop / "svc").mkdir()
    (shop / "svc" / "empty.py").write_text("print()\n")
    configured(shop, "")
    assert cli("baseline", "create", shop).status == 0
    assert cli("scan", "svc", cwd=shop).stderr == ""
    (shop / ".git").mkdir()
    told = cli("scan", "svc", cwd=shop).stderr
    assert told == (
        "note: .cybrid-audit.yaml lies above svc and is not used; audit its folder, or say --config .cybrid-audit.yaml\n"
        "note: .cybrid-audit-baseline lies above svc and is not used; audit its folder, or say --baseline "
        ".cybrid-audit-baseline\n"
    )
    assert cli("scan", "svc/empty.py", "--config", ".cybrid-audit.yaml", "--no-baseline", cwd=shop).stderr == ""
    assert cli("scan", cwd=shop).stderr == ""
    (shop / "svc" / ".git").mkdir()
    assert cli("scan", "svc", cwd=shop).stderr == ""


# ---------------------------------------------------------------- baseline


def test_the_life_of_a_baseline(cli: Cli, shop: Path) -> None:
    file = shop / ".cybrid-audit-baseline"
    done = cli("baseline", "create", shop)
    assert (done.status, done.stdout, done.stderr) == (0, "", f"wrote {file}: 2 findings\n")
    first = file.read_text()

    # Nothing is new.
    code, document = report(cli, shop, "--fail-on", "unproven")
    assert (code, document["findings"], rules(document["suppressed"])) == (0, [], [MFA, EMAIL])
    assert {each["baseline_state"] for each in document["suppressed"]} == {"unchanged"}
    assert status(document, "CA-1") == "violated"
    assert cli("baseline", "diff", shop).stdout == "0 new, 0 gone, 2 known\n"

    # A defect comes in.
    (shop / "app.py").write_text(TOKEN.replace('"https://id.', '"http://id.'))
    code, document = report(cli, shop, "--fail-on", "unproven")
    assert (code, rules(document["findings"])) == (1, ["insecure-transport"])
    assert document["findings"][0]["baseline_state"] == "new"
    assert report(cli, shop, "--no-baseline")[1]["suppressed"] == []
    shown = cli("baseline", "diff", shop)
    assert (shown.status, shown.stdout) == (1, "+ insecure-transport app.py:7\n1 new, 0 gone, 2 known\n")

    # It is taken in.
    assert cli("baseline", "update", shop).stderr == f"{file}: 3 findings, 1 added, 0 removed\n"
    assert report(cli, shop, "--fail-on", "unproven")[0] == 0

    # It is corrected.
    (shop / "app.py").write_text(TOKEN)
    shown = cli("baseline", "diff", shop)
    assert shown.status == 0
    assert shown.stdout.startswith("- insecure-transport ")
    assert cli("baseline", "update", shop).stderr == f"{file}: 2 findings, 0 added, 1 removed\n"
    assert [line for line in file.read_text().split("\n") if line] == [line for line in first.split("\n") if line]
    assert report(cli, shop, "--fail-on", "unproven")[0] == 0


def test_a_baseline_elsewhere(cli: Cli, shop: Path, tmp_path: Path) -> None:
    assert cli("baseline", "create", "--file", "known", shop).status == 0
    assert report(cli, shop)[0] == 1
    assert report(cli, shop, "--baseline", str(tmp_path / "known"))[0] == 0
    assert cli("baseline", "diff", "--file", "known", shop).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["baseline", "update", "shop"], "no baseline shop/.cybrid-audit-baseline"),
        (["baseline", "diff", "--file", "none", "shop"], "none: no such file"),
        (["scan", "--baseline", "none", "shop"], "none: no such file"),
        (["scan", "--baseline", "a", "--no-baseline", "shop"], "--baseline and --no-baseline exclude each other"),
        (["scan", "--allow-new-suppressions", "shop"], "--allow-new-suppressions needs --config-from"),
        (["scan", "--config", "a", "--config-from", "main", "shop"], "--config and --config-from exclude each other"),
        (["scan", "--config-from", "main", "shop"], "shop: not in a git repository"),
        (["baseline", "create", "none"], "no such file or directory: none"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: list[str], said: str, cli: Cli, shop: Path) -> None:
    outcome = cli(*arguments)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith(f"error: {said}")
    assert outcome.stderr.count("\n") == 1


def test_a_baseline_is_never_written_over(cli: Cli, shop: Path) -> None:
    cli("baseline", "create", shop)
    again = cli("baseline", "create", shop)
    assert again.status == ExitStatus.USAGE
    assert "is there already; run 'cybrid-audit baseline update'" in again.stderr


def test_what_is_wrong_with_exceptions_cannot_go_into_a_baseline(cli: Cli, shop: Path) -> None:
    commented(shop, f"ignore[{MFA}]")
    cli("baseline", "create", shop)
    assert "suppression-" not in (shop / ".cybrid-audit-baseline").read_text()
    assert rules(report(cli, shop)[1]["findings"]) == ["suppression-invalid"]


def test_a_baseline_for_detect_secrets_too(cli: Cli, shop: Path) -> None:
    secret = "Vb7qXz2LtR9mKd4WpHs6YcNf8JgTu3EaZr5QoM1i"
    (shop / "app.py").write_text(TOKEN.replace('os.environ["CYBRID_CLIENT_SECRET"]', f'"{secret}"'))
    done = cli("baseline", "create", "--detect-secrets", shop)
    assert done.status == 0
    assert f"wrote {shop}/.secrets.baseline: 1 values in 1 files" in done.stderr
    for name in (".secrets.baseline", ".cybrid-audit-baseline"):
        assert secret not in (shop / name).read_text()
    assert cli("scan", shop).status == 0


# ---------------------------------------------------------------- trust


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def repository(shop: Path) -> Path:
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "base")
    return shop


def test_a_part_of_a_repository_is_judged_by_its_own_files(cli: Cli, repository: Path) -> None:
    inside = repository / "services" / "shop"
    inside.mkdir(parents=True)
    (repository / "app.py").rename(inside / "app.py")
    commented(inside, f"ignore[{RULES}] a back office")
    configured(inside, "rules: {disable: [insecure-transport]}\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "reviewed")
    code, document = report(cli, inside, "--config-from", "main")
    assert (code, document["findings"], len(document["suppressed"])) == (0, [], 2)
    code, document = report(cli, inside / "app.py", "--config-from", "main")
    assert (code, document["findings"], len(document["suppressed"])) == (0, [], 2)
    configured(inside, "rules: {disable: [credential-logged]}\n")
    assert rules(report(cli, inside, "--config-from", "main")[1]["findings"]) == ["suppression-added"]


def test_a_configuration_whose_lines_move_is_the_same(cli: Cli, repository: Path) -> None:
    whole = (
        "rules: {disable: [insecure-transport]}\n"
        "guards: [{name: requireStepUp, kind: mfa}]\n"
        "models: [{at: acme.send, does: requests}]\n" + ATTESTED.format(date="2020-01-01", expires="2999-01-01")
    )
    configured(repository, whole)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "reviewed")
    configured(repository, f"# A remark.\n\n{whole}")
    assert "suppression-added" not in rules(report(cli, repository, "--config-from", "main")[1]["findings"])
    changes = {"acme.send": "acme.sent", "requireStepUp": "require", "Ada": "Bob", "[insecure-transport]": "[]"}
    for old, new in changes.items():
        configured(repository, whole.replace(old, new))
        assert "suppression-added" in rules(report(cli, repository, "--config-from", "main")[1]["findings"]), old


def test_a_change_cannot_excuse_itself_by_a_comment(cli: Cli, repository: Path) -> None:
    commented(repository, f"ignore[{RULES}] trust me")
    assert report(cli, repository)[0] == 0
    code, document = report(cli, repository, "--config-from", "main")
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, "suppression-added"])
    assert "does not count before it is in main" in document["findings"][2]["message"]
    code, document = report(cli, repository, "--config-from", "main", "--allow-new-suppressions")
    assert (code, rules(document["findings"]), len(document["suppressed"])) == (0, ["suppression-added"], 2)

    git(repository, "commit", "-q", "-a", "-m", "reviewed")
    code, document = report(cli, repository, "--config-from", "main")
    assert (code, document["findings"], len(document["suppressed"])) == (0, [], 2)


def test_a_reviewed_comment_does_not_excuse_other_code(cli: Cli, repository: Path) -> None:
    commented(repository, f"ignore[{RULES}] a back office")
    git(repository, "commit", "-q", "-a", "-m", "reviewed")
    text = (repository / "app.py").read_text()
    (repository / "app.py").write_text(text.replace('{"type": "individual"}', '{"type": "business"}'))
    code, document = report(cli, repository, "--config-from", "main")
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, "suppression-added"])


def test_a_change_cannot_excuse_itself_by_the_configuration(cli: Cli, repository: Path) -> None:
    configured(
        repository,
        f"suppressions:\n  - {{rule: {MFA}, path: app.py, reason: trust me}}\nrules: {{disable: [{EMAIL}]}}\n",
    )
    assert report(cli, repository)[0] == 0
    code, document = report(cli, repository, "--config-from", "HEAD")
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, "suppression-added", "suppression-added"])
    assert "disabled rules" in document["findings"][2]["message"] + document["findings"][3]["message"]
    code, document = report(cli, repository, "--config-from", "HEAD", "--allow-new-suppressions")
    assert rules(document["suppressed"]) == [MFA]
    assert EMAIL in rules(document["findings"])


def test_a_change_cannot_excuse_itself_by_the_baseline(cli: Cli, repository: Path) -> None:
    cli("baseline", "create", repository)
    assert report(cli, repository)[0] == 0
    code, document = report(cli, repository, "--config-from", "main")
    assert (code, rules(document["findings"])) == (1, [MFA, EMAIL, "suppression-added"])
    assert report(cli, repository, "--config-from", "main", "--allow-new-suppressions")[0] == 0
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "reviewed")
    assert report(cli, repository, "--config-from", "main")[0] == 0


def test_a_difference_shows_what_is_accepted_now(cli: Cli, repository: Path) -> None:
    commented(repository, f"ignore[{RULES}] trust me")
    configured(repository, "fail_on: never\n")
    code, document = report(cli, repository, "--diff", "main")
    assert (code, rules(document["findings"])) == (0, ["suppression-added", "suppression-added"])
    messages = " ".join(each["message"] for each in document["findings"])
    assert "trust me" in messages
    assert "other than in main are fail on" in messages
    assert "does not count" not in messages
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "reviewed")
    assert report(cli, repository, "--diff", "main")[1]["findings"] == []


def test_a_difference_shows_what_the_baseline_takes_in(cli: Cli, repository: Path) -> None:
    cli("baseline", "create", repository)
    code, document = report(cli, repository, "--diff", "main")
    assert (code, rules(document["findings"])) == (0, ["suppression-added"])
    assert "2 more in the baseline" in document["findings"][0]["message"]


LEAK: Final = "Vb7qXz2LtR9mKd4WpHs6YcNf8JgTu3EaZr5QoM1i"


def leaked(folder: Path, comment: str = "") -> None:
    (folder / "app.py").write_text(TOKEN.replace('os.environ["CYBRID_CLIENT_SECRET"],', f'"{LEAK}",{comment}'))


def test_a_change_cannot_excuse_itself_in_the_forms_of_detect_secrets(cli: Cli, repository: Path) -> None:
    leaked(repository, "  # pragma: allowlist secret")
    assert "hardcoded-client-secret" not in rules(report(cli, repository)[1]["findings"])
    document = report(cli, repository, "--config-from", "main")[1]
    assert {"hardcoded-client-secret", "suppression-added"} <= set(rules(document["findings"]))
    document = report(cli, repository, "--config-from", "main", "--allow-new-suppressions")[1]
    assert "hardcoded-client-secret" not in rules(document["findings"])
    assert "suppression-added" in rules(document["findings"])
    git(repository, "commit", "-q", "-a", "-m", "reviewed")
    document = report(cli, repository, "--config-from", "main")[1]
    assert not {"hardcoded-client-secret", "suppression-added"} & set(rules(document["findings"]))


def test_a_change_cannot_excuse_itself_in_the_baseline_of_detect_secrets(cli: Cli, repository: Path) -> None:
    leaked(repository)
    cli("baseline", "create", "--detect-secrets", "--file", repository.parent / "elsewhere", repository)
    assert "hardcoded-client-secret" not in rules(report(cli, repository)[1]["findings"])
    document = report(cli, repository, "--config-from", "main")[1]
    assert {"hardcoded-client-secret", "suppression-added"} <= set(rules(document["findings"]))
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "reviewed")
    document = report(cli, repository, "--config-from", "main")[1]
    assert not {"hardcoded-client-secret", "suppression-added"} & set(rules(document["findings"]))


def test_the_configuration_of_the_revision_holds_when_the_tree_has_none(cli: Cli, repository: Path) -> None:
    configured(repository, f"suppressions:\n  - {{rule: {MFA}, path: app.py, reason: reviewed}}\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "reviewed")
    (repository / ".cybrid-audit.yaml").unlink()
    code, document = report(cli, repository, "--config-from", "main")
    assert (code, rules(document["suppressed"])) == (0, [MFA])


@pytest.mark.parametrize("ref", ["none", "--output=x", "main:app.py", ""])
def test_a_revision_that_is_none_is_said(ref: str, cli: Cli, repository: Path) -> None:
    outcome = cli("scan", f"--config-from={ref}", repository)
    assert outcome.status == ExitStatus.USAGE
    assert outcome.stderr.startswith("error: ")
    assert outcome.stderr.count("\n") == 1


def test_a_broken_configuration_in_the_revision_names_it(cli: Cli, repository: Path) -> None:
    configured(repository, "colour: red\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "broken")
    outcome = cli("scan", "--config-from", "main", repository)
    assert "error: main:.cybrid-audit.yaml:2: unknown key 'colour'" in outcome.stderr
