"""Which paths a Next.js middleware's matcher covers."""

from __future__ import annotations

import pytest

from cybrid_audit.limits import MAX_PATTERN_LENGTH
from cybrid_audit.models.frameworks.next_js import matches


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("/api/trades", "/api/trades", "/api/trade"),
        ("/api/:path*", "/api/a/b", "/app"),
        ("/api/:path+", "/api/a/b", "/api"),
        ("/api/:id?", "/api", "/api/a/b"),
        ("/api/:id/pay", "/api/7/pay", "/api/pay"),
        ("/(api|trpc)(.*)", "/trpc/a", "/web"),
        ("/((?!api|_next/static|favicon.ico).*)", "/account", "/api/trades"),
        (
            r"/((?!_next|[^?]*\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|zip)).*)",
            "/api/trades",
            "/logo.png",
        ),
    ],
)
def test_a_matcher_covers(pattern: str, covered: str, not_covered: str) -> None:
    assert matches(pattern, covered)
    assert not matches(pattern, not_covered)


@pytest.mark.parametrize(
    "pattern",
    [
        "/((a+)+)b",
        "/((?:a|a)*)b",
        "/((?:a?){30}a{30})",
        "/(" + "a?" * 30 + "a" * 30 + ")",
        "/(" + ".*" * 9 + "b)",
        "/(" + "a" * MAX_PATTERN_LENGTH + ")",
        "/(unclosed",
        "/a)(b",
        "/(a{99999999999999999999})",
        "/(" + "(" * 400 + ")" * 400 + ")",
    ],
)
def test_a_pattern_that_may_take_long_or_cannot_be_read_covers_nothing(pattern: str) -> None:
    assert not matches(pattern, "/" + "a" * 40 + "!")
