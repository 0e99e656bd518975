"""What the target was at a revision is written out as it was, whatever the repository would like to have run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cybrid_audit.errors import AuditError
from cybrid_audit.limits import MAX_SEARCHED_TEXT_BYTES
from cybrid_audit.project import load_config, open_project
from cybrid_audit.project.snapshot import checked_out, resolve

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Return what runs git in a new repository `repo`, with settings of its own."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\nname = a\nemail = a@example.com\n[init]\ndefaultBranch = main\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "repo").mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=tmp_path / "repo", check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip()

    run("init", "-q")
    return run


@pytest.fixture
def repo(tmp_path: Path, git: Git) -> Path:
    folder = tmp_path / "repo"
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text("first\n")
    (folder / "app" / "kept.py").write_text("import a\n")
    (folder / ".gitignore").write_text("kept.py\n")
    git("add", "-f", ".")
    git("commit", "-qm", "one")
    (folder / "app" / "main.py").write_text("second\n")
    (folder / "late").mkdir()
    (folder / "late" / "more.py").write_text("more\n")
    git("add", ".")
    git("commit", "-qm", "two")
    return folder


def files(place: str) -> dict[str, str]:
    found = {}
    for folder, names, held in os.walk(place):
        if ".git" in names:
            names.remove(".git")
        for name in held:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, place)] = os.readlink(path) if os.path.islink(path) else Path(path).read_text()
    return found


def test_holds_what_the_commit_held(repo: Path) -> None:
    commit = resolve(str(repo), "HEAD~1")
    with checked_out(str(repo), commit) as place:
        assert files(place) == {"app/main.py": "first\n", "app/kept.py": "import a\n", ".gitignore": "kept.py\n"}
        assert os.path.basename(place) == "repo"
        listed = open_project(place, load_config(place)).files
        assert "app/kept.py" in listed, "tracked, although an ignore file names it"
    assert not os.path.exists(os.path.dirname(place))
    assert (repo / "app" / "main.py").read_text() == "second\n"


def test_of_a_folder_and_of_a_file(repo: Path) -> None:
    commit = resolve(str(repo / "app"), "HEAD~1")
    with checked_out(str(repo / "app"), commit) as place:
        assert files(place) == {"main.py": "first\n", "kept.py": "import a\n"}
    with checked_out(str(repo / "app" / "main.py"), commit) as place:
        assert Path(place).read_text() == "first\n"
    with checked_out(str(repo / "late"), commit) as place:
        assert files(place) == {}
    with checked_out(str(repo / "late" / "more.py"), commit) as place:
        assert not os.path.exists(place)


def test_of_a_worktree(repo: Path, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "other"), "HEAD~1")
    with checked_out(str(tmp_path / "other"), resolve(str(tmp_path / "other"), "main")) as place:
        assert files(place)["app/main.py"] == "second\n"


def test_no_filter_and_no_hook_runs(repo: Path, git: Git, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (repo / ".gitattributes").write_text("*.py filter=evil\n")
    git("add", ".")
    git("commit", "-qm", "three")
    git("config", "--global", "filter.evil.smudge", f"touch {mark}; cat")
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    with checked_out(str(repo), resolve(str(repo), "HEAD")) as place:
        assert files(place)["app/main.py"] == "second\n"
    assert not mark.exists()


def test_submodules_are_there_as_far_as_their_commits_are(repo: Path, git: Git, tmp_path: Path) -> None:
    """As the commit names them, whatever is checked out in them now; inside one another too; never through a link."""
    inner, deeper = repo / "inner", repo / "inner" / "deeper"
    for folder, name in ((deeper, "deep.py"), (inner, "part.py")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("then\n")
    git("init", "-q", "inner/deeper")
    git("-C", "inner/deeper", "add", "deep.py")
    git("-C", "inner/deeper", "commit", "-qm", "one")
    git("init", "-q", "inner")
    git("-C", "inner", "add", "part.py", "deeper")
    git("-C", "inner", "commit", "-qm", "one")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},gone")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('-C', 'inner', 'rev-parse', 'HEAD')},linked")
    git("add", "inner")
    git("commit", "-qm", "three")
    (inner / "part.py").write_text("now\n")
    (repo / "linked").symlink_to(inner)
    with checked_out(str(repo), resolve(str(repo), "HEAD")) as place:
        held = files(place)
        assert (held["inner/part.py"], held["inner/deeper/deep.py"]) == ("then\n", "then\n")
        assert not any(name.startswith(("gone/", "linked/")) for name in held)
        assert {"inner/part.py", "inner/deeper/deep.py"} <= set(open_project(place, load_config(place)).tracked)


def test_links_are_kept_and_large_files_are_not(repo: Path, git: Git) -> None:
    (repo / "large.txt").write_text("a" * (MAX_SEARCHED_TEXT_BYTES + 1))
    (repo / "link").symlink_to("/etc/hostname")
    git("add", ".")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},inner")
    git("commit", "-qm", "three")
    with checked_out(str(repo), resolve(str(repo), "HEAD")) as place:
        assert set(files(place)) == {".gitignore", "app/main.py", "app/kept.py", "late/more.py", "link"}
        assert "link" not in open_project(place, load_config(place)).relevant


@pytest.mark.parametrize("ref", ["nosuch", "-h", " ", "HEAD:app", "HEAD..HEAD", "a\nb"])
def test_what_names_no_commit_is_said(repo: Path, ref: str) -> None:
    with pytest.raises(AuditError, match=r"no commit|names no revision"):
        resolve(str(repo), ref)


def test_no_repository_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "plain").mkdir()
    with pytest.raises(AuditError, match="not in a git repository"):
        resolve(str(tmp_path / "plain"), "HEAD")


def test_a_missing_object_is_said(repo: Path, git: Git) -> None:
    blob = git("rev-parse", "HEAD~1:app/main.py")
    (repo / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with (
        pytest.raises(AuditError, match=r"'app/main\.py' of .* is missing in this repository; fetch what"),
        checked_out(str(repo), resolve(str(repo), "HEAD~1")),
    ):
        pass
