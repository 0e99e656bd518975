"""Text, configuration and flow together, over whole projects: what is found where, and what counts once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.audit import audit
from tests.secrets.conftest import GUID, ID, OTHER, SECRET, token

Rows = list[tuple[str, str, int]]

MINT = """import os

import requests


def bank_token():
    answer = requests.post(
        "https://id.sandbox.cybrid.app/oauth/token",
        json={
            "grant_type": "client_credentials",
            "client_id": os.environ["%s"],
            "client_secret": os.environ["%s"],
            "scope": "prices:read",
        },
    )
    return answer.json()["access_token"]


print(requests.get("https://bank.sandbox.cybrid.app/api/prices", headers={"Authorization": f"Bearer {bank_token()}"}))
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[[dict[str, str]], Any]:
    """Audit files; returns the result."""

    def made(files: dict[str, str]) -> Any:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return audit(str(tmp_path))

    return made


def rows(result: Any, *rules: str) -> Rows:
    return sorted(
        (each.rule, each.location.path, each.location.start_line)
        for each in result.findings
        if each.rule in rules or (not rules and each.control.startswith("CR"))
    )


def test_a_literal_that_flows_is_not_found_a_second_time_as_text(run: Any) -> None:
    text = MINT.replace('os.environ["%s"]', "CYBRID_CLIENT_ID", 1).replace('os.environ["%s"]', "CYBRID_CLIENT_SECRET")
    text = text.replace("def bank", f'CYBRID_CLIENT_ID = "{ID}"\nCYBRID_CLIENT_SECRET = "{SECRET}"\n\n\ndef bank')
    assert rows(run({"app.py": text})) == [
        ("hardcoded-client-id", "app.py", 6),
        ("hardcoded-client-secret", "app.py", 7),
    ]


def test_the_same_value_in_several_places_shares_its_id(run: Any) -> None:
    result = run(
        {
            ".env": f"CYBRID_CLIENT_SECRET={SECRET}\n",
            "deploy.md": f"Use `cybrid` with\n\n    note {SECRET}\n",
            "app.py": MINT % ("CYBRID_CLIENT_ID", "CYBRID_CLIENT_SECRET"),
        }
    )
    found = [each for each in result.findings if each.rule == "hardcoded-client-secret"]
    assert [(each.location.path, each.location.start_line) for each in found] == [(".env", 1), ("deploy.md", 3)]
    assert len({each.data["secret_id"] for each in found}) == 1
    assert [each.data["evidence"] for each in found] == ["variable", "equal"]


def test_a_variable_that_code_mints_with_is_followed_into_any_file(run: Any) -> None:
    result = run(
        {
            "app.py": MINT % ("LEDGER_USER", "LEDGER_PASS"),
            "docker-compose.yml": f"services:\n  api:\n    environment:\n      LEDGER_USER: {ID}\n      LEDGER_PASS: {SECRET}\n      OTHER_PASS: {OTHER}\n",
        }
    )
    assert rows(result) == [
        ("hardcoded-client-id", "docker-compose.yml", 4),
        ("hardcoded-client-secret", "docker-compose.yml", 5),
    ]


def test_a_plain_name_means_another_thing_in_another_package(run: Any) -> None:
    result = run(
        {
            "a/requirements.txt": "requests\n",
            "a/app.py": MINT % ("CLIENT_ID", "CLIENT_SECRET"),
            "b/requirements.txt": "flask\n",
            "b/app.py": "import os\nprint(os.environ['CLIENT_SECRET'])\n",
            "b/.env": f"CLIENT_SECRET={SECRET}\n",
        }
    )
    assert rows(result) == []


def test_a_project_without_the_platform_is_left_alone(run: Any) -> None:
    result = run({".env": f"CLIENT_ID={ID}\nCLIENT_SECRET={SECRET}\n", "a.py": f"client_secret = '{SECRET}'\n"})
    assert result.findings == ()
    assert result.facts.literals == ()


def test_tests_and_documents_count_too(run: Any) -> None:
    result = run(
        {
            "tests/test_a.py": f"CYBRID_CLIENT_SECRET = '{SECRET}'\n",
            "docs/a.md": f"```\nAuthorization: Bearer {token()}\n```\n",
        }
    )
    assert rows(result) == [
        ("hardcoded-access-token", "docs/a.md", 2),
        ("hardcoded-client-secret", "tests/test_a.py", 1),
    ]


def test_third_party_code_is_left_alone(run: Any) -> None:
    assert rows(run({"vendor/sdk/README.md": f"cybrid\nCYBRID_CLIENT_SECRET={SECRET}\n"})) == []


def test_a_broken_file_is_listed_and_still_searched(run: Any) -> None:
    result = run({"a.json": f'{{"CYBRID_CLIENT_SECRET": "{SECRET}",\n'})
    assert rows(result) == [("hardcoded-client-secret", "a.json", 1)]
    assert [(each.path, each.reason) for each in result.skipped] == [
        ("a.json", "not read as JSON, only as text: line 2: it ends too early")
    ]


# ---------------------------------------------------------------- tracked or not


def test_in_a_repository_what_git_does_not_track_is_untracked(tmp_path: Path, run: Any) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "tracked.env").write_text(f"CYBRID_CLIENT_SECRET={SECRET}\n")
    (tmp_path / ".gitignore").write_text(".env\nlocal/\nnode_modules/\n")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    result = run(
        {
            ".env": f"CYBRID_CLIENT_SECRET={OTHER}\n",
            "new.env": f"CYBRID_CLIENT_ID={ID}\n",
            "local/secrets.json": f'{{"cybrid_client_id": "{ID}"}}',
            "node_modules/x/.env": f"CYBRID_CLIENT_ID={ID}\n",
        }
    )
    assert rows(result) == [
        ("hardcoded-client-secret", "tracked.env", 1),
        ("plaintext-credential-file", ".env", 1),
        ("plaintext-credential-file", "local/secrets.json", 1),
        ("plaintext-credential-file", "new.env", 1),
    ]


def test_outside_a_repository_an_ignore_file_decides(run: Any) -> None:
    result = run(
        {
            ".gitignore": "*.local\n.env\n",
            ".env": f"CYBRID_CLIENT_SECRET={SECRET}\n",
            ".env.staging": f"CYBRID_CLIENT_SECRET={OTHER}\n",
        }
    )
    assert rows(result) == [
        ("hardcoded-client-secret", ".env.staging", 1),
        ("plaintext-credential-file", ".env", 1),
    ]


def test_an_ignored_file_that_leads_out_of_the_tree_is_not_read(tmp_path: Path, run: Any) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.env"
    outside.write_text(f"CYBRID_CLIENT_SECRET={SECRET}\n")
    (tmp_path / ".env").symlink_to(outside)
    assert rows(run({".gitignore": ".env\n", "README.md": "cybrid\n"})) == []


# ---------------------------------------------------------------- public variables


def test_a_definition_that_nothing_reads_has_a_finding_of_its_own(run: Any) -> None:
    result = run({".env.production": f"VITE_CYBRID_CLIENT_SECRET={SECRET}\nVITE_CYBRID_BANK_GUID={GUID}\n"})
    assert rows(result) == [
        ("credential-in-client-code", ".env.production", 1),
        ("hardcoded-client-secret", ".env.production", 1),
    ]


def test_a_sample_defines_nothing(run: Any) -> None:
    assert rows(run({".env.example": "VITE_CYBRID_CLIENT_SECRET=<secret>\n"})) == []


def test_a_build_field_is_found_where_code_reads_it(run: Any) -> None:
    gradle = 'android {\n  defaultConfig {\n    buildConfigField("String", "CYBRID_CLIENT_ID", "\\"${project.property("cybridId")}\\"")\n  }\n}\n'
    reads = "package a\n\nval id = BuildConfig.CYBRID_CLIENT_ID\n"
    assert rows(run({"app/build.gradle.kts": gradle})) == [("credential-in-client-code", "app/build.gradle.kts", 3)]
    result = run({"app/build.gradle.kts": gradle, "app/src/main/java/a/A.kt": reads})
    assert rows(result) == [("credential-in-client-code", "app/src/main/java/a/A.kt", 3)]
    (finding,) = (each for each in result.findings if each.rule == "credential-in-client-code")
    assert ("app/build.gradle.kts", 3) in {(each.path, each.line) for each in finding.trace}


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (
            "next.config.js",
            "module.exports = {\n  env: {\n    CYBRID_CLIENT_SECRET: process.env.CYBRID_CLIENT_SECRET,\n  },\n};\n",
            3,
        ),
        (
            "nuxt.config.ts",
            "export default defineNuxtConfig({\n runtimeConfig: {\n  public: {\n   cybridClientSecret: '',\n  },\n },\n})\n",
            4,
        ),
        ("app.json", '{"expo": {"extra": {\n"cybridClientId": "x"}}}', 2),
        ("app.config.js", "export default {\n  extra: {\n    cybridClientId: process.env.ID,\n  },\n}\n", 3),
        (
            "vite.config.ts",
            "export default defineConfig({\n define: {\n  'process.env.CYBRID_CLIENT_SECRET': JSON.stringify(secret),\n },\n})\n",
            3,
        ),
        (
            "app/src/main/res/values/keys.xml",
            '<resources>\n <string name="cybrid_client_id">x</string>\n</resources>\n',
            2,
        ),
        (
            "ios/App/Info.plist",
            "<plist><dict>\n<key>CybridClientSecret</key>\n<string>$(CYBRID_CLIENT_SECRET)</string></dict></plist>",
            3,
        ),
    ],
)
def test_build_files_define(path: str, text: str, line: int, run: Any) -> None:
    assert rows(run({path: text})) == [("credential-in-client-code", path, line)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "nuxt.config.ts",
            "export default defineNuxtConfig({\n runtimeConfig: {\n  cybridClientSecret: '',\n  public: {},\n },\n})\n",
        ),
        (
            "next.config.js",
            "module.exports = {\n  serverRuntimeConfig: {\n    CYBRID_CLIENT_SECRET: process.env.X,\n  },\n};\n",
        ),
        (".env", "VITE_CYBRID_BANK_GUID=x\nCYBRID_CLIENT_SECRET=<secret>\n"),
        ("app/build.gradle.kts", 'buildConfigField("String", "CYBRID_BANK_GUID", "x")\n'),
    ],
)
def test_what_stays_on_the_server_defines_nothing(path: str, text: str, run: Any) -> None:
    assert rows(run({path: text})) == []


# ---------------------------------------------------------------- hostile


def test_nothing_of_a_secret_is_in_the_result(run: Any) -> None:
    text = repr(
        run(
            {".env": f"CYBRID_CLIENT_SECRET={SECRET}\nNEXT_PUBLIC_CYBRID_CLIENT_ID={ID}\n", "a.md": f"cybrid {token()}"}
        )
    )
    assert SECRET[:6] not in text
    assert ID[:6] not in text
    assert token()[:12] not in text


def test_texts_that_are_none_cost_nothing(tmp_path: Path, run: Any) -> None:
    (tmp_path / "a.txt").write_bytes(b"\0cybrid CYBRID_CLIENT_SECRET=" + SECRET.encode())
    (tmp_path / "b.txt").write_bytes(b"cybrid \xff\xfe CYBRID_CLIENT_SECRET=" + SECRET.encode() + b"\n\xff")
    (tmp_path / "c.yaml").write_bytes("CYBRID_CLIENT_SECRET: ".encode("utf-16") + SECRET.encode("utf-16"))
    assert rows(run({})) == [("hardcoded-client-secret", "b.txt", 1)]
