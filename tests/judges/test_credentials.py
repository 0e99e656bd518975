"""CR-1 to CR-3: where credentials come from and where they end up."""

from __future__ import annotations

from types import ModuleType

import pytest

from cybrid_audit.facts import Facts, Masked, SecretLogged, Side, SourceKind, Step
from cybrid_audit.result import Verdict

ROLES = {
    "client_secret": "hardcoded-client-secret",
    "client_id": "hardcoded-client-id",
    "access_token": "hardcoded-access-token",
}
SOURCE_RULE = "credential-not-from-environment"
LOG_RULE = "credential-logged"
LITERAL = SourceKind.LITERAL


@pytest.mark.parametrize("role", ROLES)
def test_a_literal_is_found_by_the_rule_of_its_role_only(make: ModuleType, role: str) -> None:
    source = make.source(LITERAL)
    facts = Facts(credentials=(make.credential(role, source),))
    (found,) = make.judged(ROLES[role], facts)
    assert (found.verdict, found.control, found.location) == (Verdict.VIOLATED, "CR-1", source.location)
    assert found.data == {"secret_id": "0f" * 10, "prefix": "k9Qz", "length": 43}
    assert "k9Qz… (43 characters)" in found.message
    assert [(step.path, step.line) for step in found.trace] == [("settings.py", 3), ("tokens.py", 20)]
    for other in set(ROLES.values()) - {ROLES[role]}:
        assert make.judged(other, facts) == []


@pytest.mark.parametrize("role", ROLES)
def test_placeholders_and_other_sources_are_no_literals(make: ModuleType, role: str) -> None:
    sources = [make.source(kind) for kind in SourceKind if kind is not LITERAL]
    facts = Facts(credentials=(make.credential(role, make.source(LITERAL, is_placeholder=True), *sources),))
    assert make.judged(ROLES[role], facts) == []


def test_a_literal_is_found_once_however_often_it_is_used(make: ModuleType) -> None:
    source = make.source(LITERAL)
    uses = tuple(make.credential("client_secret", source, line=line) for line in (20, 40))
    assert len(make.judged(ROLES["client_secret"], Facts(credentials=uses))) == 1


def test_the_same_value_in_two_places_is_two_findings_with_one_id(make: ModuleType) -> None:
    sources = (make.source(LITERAL, line=3), make.source(LITERAL, line=9))
    found = make.judged(ROLES["client_secret"], Facts(credentials=(make.credential("client_secret", *sources),)))
    assert [each.location.start_line for each in found] == [3, 9]
    assert len({each.data["secret_id"] for each in found}) == 1
    assert len({each.root_cause for each in found}) == 1


def test_two_values_on_one_line_are_two_findings(make: ModuleType) -> None:
    sources = (make.source(LITERAL), make.source(LITERAL, masked=Masked("zR4t", 43, "ab" * 10)))
    facts = Facts(credentials=(make.credential("client_secret", *sources),))
    assert len(make.judged(ROLES["client_secret"], facts)) == 2


def test_a_literal_default_of_the_environment_is_found(make: ModuleType) -> None:
    sources = (make.source(SourceKind.ENVIRONMENT), make.source(LITERAL))
    facts = Facts(credentials=(make.credential("client_secret", *sources),))
    assert len(make.judged(ROLES["client_secret"], facts)) == 1
    assert make.judged(SOURCE_RULE, facts) == []


def test_an_encoded_literal_says_so(make: ModuleType) -> None:
    facts = Facts(credentials=(make.credential("client_secret", make.source(LITERAL, encoding="base64")),))
    (found,) = make.judged(ROLES["client_secret"], facts)
    assert "base64" in found.message
    assert found.data["encoding"] == "base64"


def test_a_basic_literal_is_one_secret_and_no_id(make: ModuleType) -> None:
    source = make.source(LITERAL, encoding="base64")
    facts = Facts(credentials=tuple(make.credential(role, source, is_basic=True) for role in ROLES))
    assert len(make.judged(ROLES["client_secret"], facts)) == 1
    assert make.judged(ROLES["client_id"], facts) == []


def test_a_basic_header_made_of_two_literals_is_an_id_and_a_secret(make: ModuleType) -> None:
    facts = Facts(
        credentials=(
            make.credential("client_id", make.source(LITERAL, line=3), is_basic=True),
            make.credential("client_secret", make.source(LITERAL, line=4), is_basic=True),
        )
    )
    assert len(make.judged(ROLES["client_secret"], facts)) == 1
    assert len(make.judged(ROLES["client_id"], facts)) == 1


@pytest.mark.parametrize("side", list(Side))
def test_literals_are_looked_for_everywhere(make: ModuleType, side: Side) -> None:
    facts = Facts(credentials=(make.credential("client_secret", make.source(LITERAL), side=side),))
    assert len(make.judged(ROLES["client_secret"], facts)) == 1


# ---------------------------------------------------------------- credential-not-from-environment


@pytest.mark.parametrize("kind", [SourceKind.FILE, SourceKind.DATABASE, SourceKind.REQUEST, SourceKind.PROMPT])
def test_another_source_is_a_violation_at_the_mint(make: ModuleType, kind: SourceKind) -> None:
    use = make.credential("client_secret", make.source(kind, "tenants.secret"))
    (found,) = make.judged(SOURCE_RULE, Facts(credentials=(use,)))
    assert (found.verdict, found.location, found.control) == (Verdict.VIOLATED, use.mint, "CR-2")
    assert "tenants.secret" in found.message
    assert found.data == {"sources": [kind.value], "roles": ["client_secret"]}


@pytest.mark.parametrize(
    "kind", [SourceKind.ENVIRONMENT, SourceKind.SECRETS_MANAGER, SourceKind.ENCRYPTED_FILE, SourceKind.LITERAL]
)
def test_a_safe_source_or_a_literal_is_not_this_rules(make: ModuleType, kind: SourceKind) -> None:
    facts = Facts(credentials=(make.credential("client_secret", make.source(kind)),))
    assert make.judged(SOURCE_RULE, facts) == []
    beside_unknown = make.credential("client_secret", make.source(kind), make.source(SourceKind.UNKNOWN))
    assert make.judged(SOURCE_RULE, Facts(credentials=(beside_unknown,))) == []


def test_an_unknown_source_is_an_open_question(make: ModuleType) -> None:
    use = make.credential("client_id", make.source(SourceKind.UNKNOWN, "the parameter client_id"))
    (found,) = make.judged(SOURCE_RULE, Facts(credentials=(use,)))
    assert found.verdict is Verdict.UNPROVEN
    assert "the parameter client_id" in found.message


def test_id_and_secret_of_one_mint_are_one_finding(make: ModuleType) -> None:
    facts = Facts(
        credentials=(
            make.credential("client_id", make.source(SourceKind.UNKNOWN)),
            make.credential("client_secret", make.source(SourceKind.DATABASE)),
        )
    )
    (found,) = make.judged(SOURCE_RULE, facts)
    assert found.verdict is Verdict.VIOLATED
    assert found.data["roles"] == ["client_secret"]


def test_an_unsafe_alternative_beside_a_safe_one_is_a_violation(make: ModuleType) -> None:
    use = make.credential("client_secret", make.source(SourceKind.ENVIRONMENT), make.source(SourceKind.FILE))
    (found,) = make.judged(SOURCE_RULE, Facts(credentials=(use,)))
    assert found.verdict is Verdict.VIOLATED


def test_access_tokens_and_tests_are_not_this_rules(make: ModuleType) -> None:
    facts = Facts(
        credentials=(
            make.credential("access_token", make.source(SourceKind.FILE)),
            make.credential("client_secret", make.source(SourceKind.FILE), side=Side.TEST),
        )
    )
    assert make.judged(SOURCE_RULE, facts) == []


# ---------------------------------------------------------------- credential-logged


def test_a_logged_secret_is_found_at_the_call(make: ModuleType) -> None:
    logged = SecretLogged(make.at(), "client_secret", "logger.info", trace=(Step("tokens.py", 1, "read here"),))
    (found,) = make.judged(LOG_RULE, Facts(logged=(logged,)))
    assert (found.verdict, found.control, found.location) == (Verdict.VIOLATED, "CR-3", make.at())
    assert "client secret" in found.message
    assert "logger.info" in found.message
    assert (found.trace[-1].path, found.trace[-1].line) == ("app.py", 1)


def test_several_secrets_in_one_call_are_one_finding(make: ModuleType) -> None:
    logged = (SecretLogged(make.at(), "bank token", "print"), SecretLogged(make.at(), "client_secret", "print", True))
    (found,) = make.judged(LOG_RULE, Facts(logged=logged))
    assert found.data["what"] == ["bank token", "client secret"]
    assert found.data["partial"] is False


def test_a_part_of_a_secret_counts(make: ModuleType) -> None:
    logged = SecretLogged(make.at(), "bank token", "print", is_partial=True)
    (found,) = make.judged(LOG_RULE, Facts(logged=(logged,)))
    assert found.message.startswith("A part of the bank token")


# ---------------------------------------------------------------- credential-in-client-code


CLIENT_RULE = "credential-in-client-code"


def test_a_read_in_client_code_is_found_at_the_read(make: ModuleType) -> None:
    source = make.source(SourceKind.ENVIRONMENT, "VITE_SECRET")
    uses = tuple(make.credential("client_secret", source, line=line, side=Side.CLIENT) for line in (20, 40))
    (found,) = make.judged(CLIENT_RULE, Facts(credentials=uses))
    assert (found.verdict, found.control, found.location) == (Verdict.VIOLATED, "CR-1", source.location)
    assert "VITE_SECRET" in found.message
    assert found.data == {"roles": ["client_secret"], "source": "environment", "name": "VITE_SECRET"}


def test_a_literal_in_client_code_is_found_where_it_stands(make: ModuleType) -> None:
    facts = Facts(credentials=(make.credential("client_id", make.source(LITERAL), side=Side.CLIENT),))
    (found,) = make.judged(CLIENT_RULE, facts)
    assert "as a literal" in found.message
    assert found.data["name"] == ""


def test_both_halves_read_at_one_place_are_one_finding(make: ModuleType) -> None:
    source = make.source(SourceKind.UNKNOWN)
    uses = tuple(make.credential(role, source, side=Side.CLIENT) for role in ("client_id", "client_secret"))
    (found,) = make.judged(CLIENT_RULE, Facts(credentials=uses))
    assert "client id and client secret" in found.message


@pytest.mark.parametrize("side", [side for side in Side if side is not Side.CLIENT])
def test_other_sides_are_not_client_code(make: ModuleType, side: Side) -> None:
    facts = Facts(credentials=(make.credential("client_secret", make.source(SourceKind.ENVIRONMENT), side=side),))
    assert make.judged(CLIENT_RULE, facts) == []


def test_placeholders_and_access_tokens_are_no_credential_of_the_client(make: ModuleType) -> None:
    facts = Facts(
        credentials=(
            make.credential("client_secret", make.source(LITERAL, is_placeholder=True), side=Side.CLIENT),
            make.credential("access_token", make.source(SourceKind.ENVIRONMENT), side=Side.CLIENT),
        )
    )
    assert make.judged(CLIENT_RULE, facts) == []
