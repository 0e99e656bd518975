from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from cybrid_audit.facts import Side
from cybrid_audit.project.config import (
    Attestation,
    Config,
    ConfigError,
    DeclaredGuard,
    FailOn,
    GuardKind,
    SideOverride,
    load_config,
)

WHOLE = """\
version: 1
paths: {include: [src], exclude: ['**/generated/**']}
sides:
  - {glob: 'apps/kiosk/**', side: client}
fail_on: unproven
rules: {disable: [login-without-mfa]}
guards:
  - {name: requireStepUp, kind: mfa, language: typescript}
  - {name: verified.email, kind: email}
platform: {hosts: [Gateway.Example.com], env_base_urls: [PARTNER_URL]}
attestations:
  - {control: CR-4, statement: Only the deploy role reads them, owner: A. Person, evidence: https://wiki.example/1, date: 2026-01-02, expires: 2027-01-02}
"""


def write(folder: Path, text: str) -> str:
    place = folder / ".cybrid-audit.yaml"
    place.write_text(text)
    return str(place)


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_config(str(tmp_path)) == Config()


def test_every_key_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    assert load_config(str(tmp_path)) == Config(
        path=path,
        include=("src",),
        exclude=("**/generated/**",),
        sides=(SideOverride("apps/kiosk/**", Side.CLIENT),),
        fail_on=FailOn.UNPROVEN,
        disabled_rules=("login-without-mfa",),
        disabled_lines=(6,),
        guards=(
            DeclaredGuard("requireStepUp", GuardKind.MFA, "typescript"),
            DeclaredGuard("verified.email", GuardKind.EMAIL),
        ),
        hosts=("gateway.example.com",),
        env_base_urls=("PARTNER_URL",),
        attestations=(
            Attestation(
                control="CR-4",
                statement="Only the deploy role reads them",
                owner="A. Person",
                evidence="https://wiki.example/1",
                date=dt.date(2026, 1, 2),
                expires=dt.date(2027, 1, 2),
                line=12,
            ),
        ),
    )


def test_the_file_beside_a_single_file_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "version: 1\n")
    (tmp_path / "a.ts").write_text("")
    assert load_config(str(tmp_path / "a.ts")).path == path


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "# nothing\n")
    assert load_config(str(tmp_path)) == Config(path=path)


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        ("paths: {}\n", 1, "'version' is missing", "version: 1"),
        ("version: 2\n", 1, "version '2' is not known", "version: 1"),
        ("version: 1\npath: {}\n", 2, "unknown key 'path'", "did you mean 'paths'?"),
        ("version: 1\npaths:\n  inclode: [a]\n", 3, "unknown key 'inclode' in paths", "did you mean 'include'?"),
        ("version: 1\nzzz: 1\n", 2, "unknown key 'zzz'", "known keys are version, paths"),
        ("version: 1\nversion: 1\n", 2, "'version' is given twice", "keep one"),
        (
            "version: 1\nfail_on: sometimes\n",
            2,
            "fail_on 'sometimes' is not known",
            "required, recommended, unproven, never",
        ),
        ("version: 1\nsides: {glob: x, side: client}\n", 2, "'sides' must be a list", "sides: ["),
        ("version: 1\nsides:\n  - {glob: x, side: moon}\n", 3, "side 'moon' is not known", "server"),
        ("version: 1\nsides:\n  - {glob: x}\n", 3, "'side' is missing in sides", "add 'side"),
        ("version: 1\nguards:\n  - {name: x, kind: magic}\n", 3, "kind 'magic' is not known", "mfa"),
        (
            "version: 1\nguards:\n  - {name: x, kind: mfa, language: cobol}\n",
            3,
            "language 'cobol' is not known",
            "python",
        ),
        ("version: 1\nguards:\n  - {name: '', kind: mfa}\n", 3, "'name' must be a text", "put one"),
        ("version: 1\npaths: {include: [~]}\n", 2, "'include' must be a text", "put one"),
        ("version: 1\npaths: {include: [[a]]}\n", 2, "'include' must be a text", "put one"),
        ("[]\n", 1, "the file must hold keys and values", "known keys"),
        ("x\n", 1, "the file must hold keys and values", "known keys"),
        ("version: 1\nplatform: [x\n", 3, "not valid YAML", "syntax"),
        (
            "version: 1\nplatform: {hosts: !!python/object/apply:os.system ['true']}\n",
            2,
            "tags are not allowed",
            "leave out",
        ),
        ("version: &a 1\nfail_on: *a\n", 2, "aliases are not allowed", "write the value out"),
        ("\x00", 1, "not valid YAML", "syntax"),
        (
            "version: 1\nplatform:\n  hosts:\n    - a.example:8443\n    - https://b.example/api\n",
            5,
            "'hosts' holds what is no host",
            "without scheme and path",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_fix(
    tmp_path: Path, text: str, line: int, problem: str, hint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load_config(str(tmp_path))
    assert error.value.message.startswith(f"{path}:{line}: ")
    assert problem in error.value.message
    assert hint in error.value.hint


def test_attestations_need_sensible_dates(tmp_path: Path) -> None:
    write(tmp_path, WHOLE.replace("expires: 2027-01-02", "expires: soon"))
    with pytest.raises(ConfigError, match="'expires' is no date"):
        load_config(str(tmp_path))
    write(tmp_path, WHOLE.replace("expires: 2027-01-02", "expires: 2025-01-02"))
    with pytest.raises(ConfigError, match="before"):
        load_config(str(tmp_path))


def test_a_file_named_explicitly_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(str(tmp_path), str(tmp_path / "other.yaml"))


def test_the_other_spelling_is_not_ignored_silently(tmp_path: Path) -> None:
    (tmp_path / ".cybrid-audit.yml").write_text("version: 1\n")
    with pytest.raises(ConfigError, match="not read"):
        load_config(str(tmp_path))


def test_a_symlink_in_the_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("version: 1\n")
    (tmp_path / ".cybrid-audit.yaml").symlink_to("elsewhere")
    with pytest.raises(ConfigError, match="symlink"):
        load_config(str(tmp_path))


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    lines = ["version: 1", "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12)]
    write(tmp_path, "\n".join(lines))
    with pytest.raises(ConfigError, match="aliases"):
        load_config(str(tmp_path))


def test_size_and_depth_are_bounded(tmp_path: Path) -> None:
    write(tmp_path, "#" * 300_000)
    with pytest.raises(ConfigError, match="larger than"):
        load_config(str(tmp_path))
    write(tmp_path, "version: 1\nsides: " + "[" * 50_000)
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(str(tmp_path))
