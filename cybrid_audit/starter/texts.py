"""The files that a project starts with, as text."""

from __future__ import annotations

import json
from typing import Final

from cybrid_audit.languages import FRONT_ENDS
from cybrid_audit.records import dataclass

SCHEMA_FILE: Final = ".cybrid-audit.schema.json"


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a project: its languages, the most files first; folders of apps that run on a customer's device;
    the main branch; and what `pip` installs this tool from. `repository` is a git address of the tool and a commit, or empty."""

    languages: tuple[str, ...] = ()
    client_folders: tuple[str, ...] = ()
    branch: str = "main"
    package: str = "cybrid-audit"
    repository: tuple[str, str] = ("", "")


def configuration(look: Look) -> str:
    """Return a configuration that changes nothing and shows in comments what can be said."""
    language = next((each for each in look.languages if each in FRONT_ENDS), "typescript")
    guard = "require_step_up" if language == "python" else "requireStepUp"
    sides = "\n".join(f"#   - {{glob: {json.dumps(each + '/**')}, side: client}}" for each in look.client_folders)
    sides = sides or '#   - {glob: "apps/kiosk/**", side: client}'
    seen = ", ".join(look.languages) or "no source code yet"
    return f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# What 'cybrid-audit' counts, and what it cannot see by itself. Seen here: {seen}.
# Every key but 'version' is optional; what is behind a '#' is an example.
version: 1

# 'strict' asks for a second factor before quotes, payout destinations and cancellations too.
# profile: strict

# Exit with 1 on: required (the default), recommended, unproven (every finding), never.
# fail_on: recommended

# How sure a violation has to be to count for that: low (the default), medium, high.
# min_confidence: medium

# Which files count. Without 'include': all that git tracks or would.
# paths:
#   exclude: ["legacy/**"]

# Where code runs that the audit cannot tell: server, client, test, infra, docs, example.
# sides:
{sides}

# Functions, middleware or decorators of your own that verify and stop: mfa, email or signature.
# guards:
#   - {{name: {guard}, kind: mfa, language: {language}}}

# What functions of private libraries do: requests, http-client, verifies, verifies-nothing, reads-secret, logs.
# models:
#   - {{at: acme_http.send, does: requests, with: {{method: 0, url: 1, body: 2}}}}

# Whether semgrep, where it is installed, looks for patterns too, in languages that are not followed as well.
# semgrep:
#   enabled: true
#   rules: [security/patterns]

# Hosts and variables that lead to the platform, such as a proxy of your own.
# platform:
#   hosts: [cybrid-proxy.example.internal]
#   env_base_urls: [BANKING_GATEWAY_URL]

# Findings that you accept. In code, a comment does: 'cybrid-audit: ignore[rule-id] reason (until 2027-03-31)'.
# suppressions:
#   - rule: insecure-transport
#     path: "deploy/local/**"
#     reason: a sidecar encrypts what leaves the machine
#     owner: platform@example.com
#     expires: 2027-03-31

# Signed-off statements for controls that code cannot show. They hold until the last day.
# attestations:
#   - control: CR-4
#     statement: Only the deploy role and two operators can read the client secret.
#     owner: security@example.com
#     evidence: https://wiki.example.com/access-review
#     date: 2026-01-31
#     expires: 2026-07-31
"""


def hook(look: Look) -> str:
    """Return the entry of `.pre-commit-config.yaml`, one item of `repos`."""
    address, commit = look.repository
    if address:
        return f"""\
  - repo: {json.dumps(address)}
    rev: {commit}
    hooks:
      - id: cybrid-audit
"""
    return """\
  - repo: local
    hooks:
      - id: cybrid-audit
        name: cybrid-audit
        # The command that is installed here. It reads the whole project, and counts what touches the files of the commit.
        entry: cybrid-audit hook
        language: system
        require_serial: true
"""


def pre_commit(look: Look) -> str:
    """Return a whole `.pre-commit-config.yaml`."""
    return f"repos:\n{hook(look)}"


def github(look: Look) -> str:
    """Return a workflow of GitHub Actions."""
    return f"""\
# Audits the integration with the Cybrid Platform API. Written by 'cybrid-audit init'.
# The actions are GitHub's own, by their major version: pin them to commits where your policy asks for it.
name: cybrid-audit
on:
  pull_request:
  push:
    branches: [{json.dumps(look.branch)}]
permissions:
  contents: read
jobs:
  audit:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          # The base branch decides what may be accepted, and has to be there.
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - name: Install
        run: python -m pip install {json.dumps(look.package)}
      - name: Audit
        env:
          BASE: ${{{{ github.base_ref }}}}
        run: |
          if [ -n "$BASE" ]; then
            cybrid-audit scan --format github --output sarif:cybrid-audit.sarif --config-from "origin/$BASE" .
          else
            cybrid-audit scan --format github --output sarif:cybrid-audit.sarif .
          fi
      - name: Keep the report
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: cybrid-audit
          path: cybrid-audit.sarif
"""


def gitlab(look: Look) -> str:
    """Return a job of GitLab CI."""
    return f"""\
# Audits the integration with the Cybrid Platform API. Written by 'cybrid-audit init'.
cybrid-audit:
  image: python:3.13
  variables:
    GIT_DEPTH: "0"
  script:
    - python -m pip install {json.dumps(look.package)}
    - |
      set -- --format text --output gitlab-codequality:gl-code-quality-report.json --output gitlab-sast:gl-sast-report.json
      if [ -n "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME" ]; then
        git fetch --quiet origin "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
        set -- "$@" --config-from FETCH_HEAD
      fi
      cybrid-audit scan "$@" .
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      sast: gl-sast-report.json
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""


def schema() -> str:
    """Return the schema of the configuration, for editors."""
    from cybrid_audit.project.config_schema import schema as made

    return json.dumps(made(), indent=2) + "\n"
