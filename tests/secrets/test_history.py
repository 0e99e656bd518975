"""The git history: what stood in it, since when, until when, and what cannot be searched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.errors import AuditError
from cybrid_audit.result import AuditResult
from cybrid_audit.secrets import history
from tests.secrets.conftest import GUID, ID, OTHER, SECRET, token

Git = Callable[..., str]
Tree = dict[str, str | bytes | None]

READS = "import os\n\nCYBRID_CLIENT_SECRET = os.environ['CYBRID_CLIENT_SECRET']\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cybrid-audit"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Git in a fresh repository `repo`, with nothing of the developer's configuration."""
    repo = tmp_path / "repo"
    repo.mkdir()

    def run(*arguments: str, cwd: Path = repo, text: str | None = None) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": "t@example.invalid"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        return subprocess.run(
            ["git", *arguments], cwd=cwd, env=environment, check=True, capture_output=True, text=True, input=text
        ).stdout

    run("init", "-q", "-b", "main")
    return run


@pytest.fixture
def commit(tmp_path: Path, git: Git) -> Callable[[Tree], str]:
    """Commit changes (None removes a file); returns the commit."""

    def made(changes: Tree) -> str:
        for name, content in changes.items():
            path = tmp_path / "repo" / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        git("add", "-A", "-f")
        git("commit", "-q", "--allow-empty", "-m", "change")
        return git("rev-parse", "HEAD").strip()

    return made


def audited(folder: Path) -> AuditResult:
    return audit(str(folder), history=True)


def rows(result: AuditResult) -> list[tuple[str, int, str, str, str]]:
    return [
        (
            each.location.path,
            each.location.start_line,
            each.data["role"],
            each.data["added_in"],
            each.data["removed_in"],
        )
        for each in result.findings
        if each.rule == "credential-in-history"
    ]


def test_a_removed_value_names_both_commits(tmp_path: Path, commit: Any) -> None:
    commit({"app.py": "print()\n"})
    added = commit({"settings.py": f"# Cybrid\n\nCYBRID_CLIENT_SECRET = '{SECRET}'\n"})
    commit({"settings.py": f"# Cybrid\n# newer\n\nCYBRID_CLIENT_SECRET = '{SECRET}'\n"})
    removed = commit({"settings.py": READS})
    commit({"app.py": "print(1)\n"})
    assert rows(audited(tmp_path / "repo")) == [("settings.py", 4, "client_secret", added, removed)]


def test_nothing_of_the_value_is_reported(tmp_path: Path, commit: Any, cli: Any) -> None:
    commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({".env": None, "README.md": "cybrid\n"})
    for name in ("text", "json", "sarif"):
        outcome = cli("scan", "--history", "--format", name, tmp_path / "repo")
        assert "credential-in-history" in outcome.stdout
        assert SECRET[:8] not in outcome.stdout + outcome.stderr


def test_a_value_that_is_still_in_the_tree_is_no_history(tmp_path: Path, commit: Any) -> None:
    commit({"old.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({"old.env": None, "new.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    result = audited(tmp_path / "repo")
    assert rows(result) == []
    assert [each.rule for each in result.findings] == ["hardcoded-client-secret"]


def test_a_change_that_is_not_committed_does_not_undo_the_history(tmp_path: Path, commit: Any) -> None:
    added = commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    (tmp_path / "repo" / ".env").write_text("CYBRID_CLIENT_SECRET=\n")
    assert rows(audited(tmp_path / "repo")) == [(".env", 1, "client_secret", added, "")]


def test_an_untracked_copy_is_no_part_of_the_tree(tmp_path: Path, commit: Any) -> None:
    added = commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    removed = commit({".env": None, ".gitignore": ".env\n", "README.md": "cybrid\n"})
    (tmp_path / "repo" / ".env").write_text(f"CYBRID_CLIENT_SECRET={SECRET}\n")
    result = audited(tmp_path / "repo")
    assert rows(result) == [(".env", 1, "client_secret", added, removed)]
    assert "plaintext-credential-file" in {each.rule for each in result.findings}


def test_a_renamed_file_keeps_its_value(tmp_path: Path, commit: Any) -> None:
    added = commit({"a.env": f"CYBRID_CLIENT_ID={ID}\n"})
    commit({"a.env": None, "b.env": f"CYBRID_CLIENT_ID={ID}\n"})
    removed = commit({"b.env": "CYBRID_CLIENT_ID=\n"})
    assert rows(audited(tmp_path / "repo")) == [("b.env", 1, "client_id", added, removed)]


def test_a_value_that_came_twice_is_one_finding(tmp_path: Path, commit: Any) -> None:
    added = commit({"a.env": f"CYBRID_CLIENT_ID={ID}\n", "b.env": f"# 1\nCYBRID_CLIENT_ID={ID}\n"})
    commit({"a.env": "CYBRID_CLIENT_ID=\n"})
    removed = commit({"b.env": "CYBRID_CLIENT_ID=\n"})
    assert rows(audited(tmp_path / "repo")) == [("b.env", 2, "client_id", added, removed)]


def test_other_branches_tags_and_stashes_count(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({"README.md": "cybrid\n"})
    git("checkout", "-q", "-b", "side")
    on_branch = commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    git("checkout", "-q", "-b", "tagged", "main")
    on_tag = commit({"b.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    git("tag", "v1")
    git("checkout", "-q", "main")
    git("branch", "-q", "-D", "tagged")
    found = rows(audited(tmp_path / "repo"))
    assert found == [("a.env", 1, "client_secret", on_branch, ""), ("b.env", 1, "client_secret", on_tag, "")]


def test_a_value_that_only_a_merge_brought_is_found(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({"a.txt": "1\n"})
    git("checkout", "-q", "-b", "side")
    commit({"b.txt": "cybrid\n"})
    git("checkout", "-q", "main")
    commit({"c.txt": "2\n"})
    git("merge", "-q", "--no-commit", "side")
    merge = commit({"d.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    removed = commit({"d.env": None})
    assert rows(audited(tmp_path / "repo")) == [("d.env", 1, "client_secret", merge, removed)]


def test_packed_objects_are_read_like_loose_ones(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({f"n{number}.txt": f"cybrid {number}\n" * 200 for number in range(20)})
    commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({".env": None})
    before = rows(audited(tmp_path / "repo"))
    git("gc", "-q", "--aggressive")
    assert before
    assert rows(audited(tmp_path / "repo")) == before


def test_a_folder_of_a_repository_has_its_own_history_only(tmp_path: Path, commit: Any) -> None:
    commit({"a/x.env": f"CYBRID_CLIENT_SECRET={SECRET}\n", "b/y.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    commit({"a/x.env": "cybrid\n", "b/y.env": "cybrid\n"})
    assert [row[0] for row in rows(audited(tmp_path / "repo" / "a"))] == ["x.env"]


def test_names_of_every_kind_are_read(tmp_path: Path, commit: Any) -> None:
    names = ["with space.env", "umlaut-ä.env", "-dash.env", ":colon.env", 'quote".env', "glob*[a].env"]
    commit(
        {name: f"# {number}\nCYBRID_ACCESS_TOKEN={token(subject=str(number))}\n" for number, name in enumerate(names)}
    )
    commit(dict.fromkeys(names, "cybrid\n"))
    found = rows(audited(tmp_path / "repo"))
    assert sorted(row[0] for row in found) == sorted(names)
    assert all(row[3] and row[4] for row in found)


def test_what_is_no_credential_never_was(tmp_path: Path, commit: Any) -> None:
    commit({".env": f"CYBRID_CLIENT_SECRET=<secret>\nCYBRID_BANK_GUID={GUID}\nPLAID_CLIENT_SECRET={SECRET}\n"})
    commit({".env": "CYBRID_CLIENT_SECRET=\n"})
    assert rows(audited(tmp_path / "repo")) == []


def test_what_was_judged_in_the_tree_is_not_judged_again(tmp_path: Path, commit: Any) -> None:
    # Another service's credential beside the platform's, in code that is followed.
    text = f"HOST = 'https://id.sandbox.cybrid.app'\n\n\nclass Ledger:\n    client_secret = '{SECRET}'\n"
    commit({"settings.py": text})
    commit({"settings.py": text + "\n# more\n"})
    assert rows(audited(tmp_path / "repo")) == []


# ---------------------------------------------------------------- a second search


def test_a_second_search_finds_the_same_and_reads_what_is_new(
    tmp_path: Path, commit: Any, cache: Path, monkeypatch: Any
) -> None:
    commit({f"n{number}.txt": f"cybrid {number}\n" for number in range(30)})
    added = commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    removed = commit({"a.env": None})
    first = rows(audited(tmp_path / "repo"))
    assert first == [("a.env", 1, "client_secret", added, removed)]

    seen: list[str] = []
    original = history._blobs

    def counted(*arguments: Any) -> Any:
        for row in original(*arguments):
            seen.append(row[1])
            yield row

    monkeypatch.setattr(history, "_blobs", counted)
    assert rows(audited(tmp_path / "repo")) == first
    assert seen == []
    more = commit({"b.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    gone = commit({"b.env": None})
    assert rows(audited(tmp_path / "repo")) == [*first, ("b.env", 1, "client_secret", more, gone)]
    assert seen == ["b.env"]


def test_what_is_kept_holds_no_secret(tmp_path: Path, commit: Any, cache: Path) -> None:
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n", "b.md": f"cybrid {token()}\n"})
    commit({"a.env": None, "b.md": None})
    assert len(rows(audited(tmp_path / "repo"))) == 2
    (kept,) = cache.glob("history-*.json")
    assert kept.stat().st_mode & 0o077 == 0
    assert SECRET[:6] not in kept.read_text()
    assert token()[:12] not in kept.read_text()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"key": 1}', b"[]", b'{"key": "x", "tips": [], "found": [[1]]}'])
def test_a_damaged_file_is_ignored(damage: bytes, tmp_path: Path, commit: Any, cache: Path) -> None:
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({"a.env": None})
    first = rows(audited(tmp_path / "repo"))
    (kept,) = cache.glob("history-*.json")
    kept.write_bytes(damage.replace(b'"x"', f'"{kept.stem.removeprefix("history-")}"'.encode()))
    assert rows(audited(tmp_path / "repo")) == first


def test_a_branch_that_is_gone_is_forgotten(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({"README.md": "cybrid\n"})
    git("checkout", "-q", "-b", "side")
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    git("checkout", "-q", "main")
    assert rows(audited(tmp_path / "repo"))
    git("branch", "-q", "-D", "side")
    assert rows(audited(tmp_path / "repo")) == []
    git("reflog", "expire", "--expire=now", "--all")
    git("gc", "-q", "--prune=now")
    commit({"b.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    removed = commit({"b.env": None})
    assert [row[4] for row in rows(audited(tmp_path / "repo"))] == [removed]


def test_where_nothing_can_be_kept_the_search_still_works(tmp_path: Path, commit: Any, monkeypatch: Any) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({"a.env": None})
    assert len(rows(audited(tmp_path / "repo"))) == 1


# ---------------------------------------------------------------- what cannot be searched


def test_no_repository_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print()\n")
    with pytest.raises(AuditError, match="not in a git repository"):
        audited(tmp_path)


def test_a_repository_without_commits_has_nothing(tmp_path: Path, git: Git) -> None:
    (tmp_path / "repo" / "a.py").write_text("print()\n")
    assert rows(audited(tmp_path / "repo")) == []


def test_a_shallow_clone_says_so(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({".env": "CYBRID_CLIENT_SECRET=\n"})
    git("clone", "-q", "--depth", "1", f"file://{tmp_path / 'repo'}", str(tmp_path / "clone"), cwd=tmp_path)
    result = audited(tmp_path / "clone")
    assert rows(result) == []
    assert [each.reason for each in result.skipped] == [
        "the clone is shallow: the history before it was cut off is not searched"
    ]


def test_a_worktree_has_the_history_of_its_repository(tmp_path: Path, commit: Any, git: Git) -> None:
    added = commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    removed = commit({".env": "CYBRID_CLIENT_SECRET=\n"})
    git("worktree", "add", "-q", str(tmp_path / "tree"))
    assert rows(audited(tmp_path / "tree")) == [(".env", 1, "client_secret", added, removed)]


def test_a_missing_object_costs_itself_only(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n", "b.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    commit({"a.env": "cybrid\n", "b.env": "cybrid\n"})
    blob = git("rev-parse", "HEAD~1:a.env").strip()
    place = tmp_path / "repo" / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o600)
    place.unlink()
    result = audited(tmp_path / "repo")
    assert [row[0] for row in rows(result)] == ["b.env"]
    assert [each.reason for each in result.skipped] == [
        "1 object of the history is missing or damaged, and not searched"
    ]


@pytest.mark.parametrize("damage", [b"", b"garbage", b"x\x9c garbage"])
def test_a_damaged_object_costs_itself_only(damage: bytes, tmp_path: Path, commit: Any, git: Git) -> None:
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n", "b.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    commit({"a.env": "cybrid\n", "b.env": "cybrid\n"})
    blob = git("rev-parse", "HEAD~1:a.env").strip()
    place = tmp_path / "repo" / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o600)
    place.write_bytes(damage)
    result = audited(tmp_path / "repo")
    assert [row[0] for row in rows(result)] == ["b.env"]
    assert [each.path for each in result.skipped] == [".git"]
    assert "damaged" in result.skipped[0].reason
    # Nothing is remembered of it: what is repaired is found by the next run.
    place.unlink()
    git("hash-object", "-w", "--stdin", text=f"CYBRID_CLIENT_SECRET={SECRET}\n")
    assert [row[0] for row in rows(audited(tmp_path / "repo"))] == ["a.env", "b.env"]


def test_a_damaged_pack_is_said_in_a_line(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({f"{number}.env": f"CYBRID_CLIENT_SECRET={SECRET}{number}\n" for number in range(3)})
    commit({f"{number}.env": "cybrid\n" for number in range(3)})
    git("gc", "-q")
    (pack,) = (tmp_path / "repo" / ".git" / "objects" / "pack").glob("*.pack")
    pack.chmod(0o600)
    data = bytearray(pack.read_bytes())
    data[12 : len(data) // 2] = b"\xff" * (len(data) // 2 - 12)
    pack.write_bytes(bytes(data))
    result = audited(tmp_path / "repo")
    assert [each.path for each in result.skipped] == [".git"]
    assert "damaged" in result.skipped[0].reason


def test_a_submodule_is_named(tmp_path: Path, commit: Any, git: Git) -> None:
    inner = tmp_path / "inner"
    git("init", "-q", str(inner), cwd=tmp_path)
    (inner / "a.txt").write_text("cybrid\n")
    git("add", "-A", cwd=inner)
    git("commit", "-q", "-m", "c", cwd=inner)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "libs/inner")
    added = commit({"libs/.env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    removed = commit({"libs/.env": None})
    reason = "a submodule: it has a history of its own, which is only searched by an audit of its folder"
    result = audited(tmp_path / "repo")
    assert rows(result) == [("libs/.env", 1, "client_secret", added, removed)]
    assert [(each.path, each.reason) for each in result.skipped] == [("libs/inner", reason)]
    assert [each.path for each in audited(tmp_path / "repo" / "libs").skipped] == ["inner"]
    assert rows(audited(inner)) == []


def test_a_bare_repository_has_no_folder_to_audit(tmp_path: Path, git: Git) -> None:
    git("clone", "-q", "--bare", str(tmp_path / "repo"), str(tmp_path / "bare.git"), cwd=tmp_path)
    with pytest.raises(AuditError, match="not in a git repository"):
        audited(tmp_path / "bare.git")


def test_each_line_is_in_the_report_and_no_traceback(tmp_path: Path, commit: Any, git: Git, cli: Any) -> None:
    commit({".env": f"CYBRID_CLIENT_SECRET={SECRET}\n"})
    commit({".env": "CYBRID_CLIENT_SECRET=\n"})
    git("clone", "-q", "--depth", "1", f"file://{tmp_path / 'repo'}", str(tmp_path / "clone"), cwd=tmp_path)
    done = cli("scan", "--history", str(tmp_path / "clone"))
    assert "the clone is shallow: the history before it was cut off is not searched" in " ".join(done.stdout.split())
    (tmp_path / "plain").mkdir()
    done = cli("scan", "--history", str(tmp_path / "plain"))
    assert done.status == 2
    assert len(done.stderr.strip().split("\n")) <= 2
    assert "not in a git repository" in done.stderr


def test_the_repository_cannot_make_git_run_anything(tmp_path: Path, commit: Any, git: Git) -> None:
    commit({"a.env": f"CYBRID_CLIENT_SECRET={SECRET}\n", ".gitattributes": "*.env diff=evil\n"})
    commit({"a.env": "cybrid\n"})
    mark = tmp_path / "mark"
    for key in (
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "gpg.program",
    ):
        git("config", key, f"touch {mark} #")
    git("config", "log.showSignature", "true")
    assert rows(audited(tmp_path / "repo"))
    assert not mark.exists()
