"""Java to IR."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cybrid_audit import ir
from cybrid_audit.languages import lower

Show = Callable[[str, str | bytes], str]


def member(show: Show, source: str) -> str:
    """Lower a member of a class."""
    return show("java", f"class A {{ {source} }}").removeprefix("class A() {").removesuffix("}")


def body(show: Show, source: str) -> str:
    """Lower the statements of a method."""
    return member(show, f"void f() {{ {source} }}").removeprefix("method f() {").removesuffix("}")


# ---------------------------------------------------------------- files


def test_a_file_has_a_package_and_imports(show: Show) -> None:
    source = "package com.shop . api;\nimport a.b.C; import a.b.*; import static a.b.C.x; import static a.b.C.*;"
    assert lower("A.java", source.encode()).package == "com.shop.api"
    assert show("java", source) == "import a.b(C); import a.b(**); import a.b.C(x); import a.b.C(**)"


def test_a_file_without_package() -> None:
    assert lower("A.java", b"class A {}").package == ""


# ---------------------------------------------------------------- literals


@pytest.mark.parametrize(
    ("literal", "shown"),
    [
        (r'"a\tb\"c\u0041\101"', "'a\\tb\"cAA'"),
        (r"'x'", "'x'"),
        (r"'\u0041'", "'A'"),
        ("(char) 0x41", "'A'"),
        ("0x1F", "31"),
        ("017", "15"),
        ("0b101", "5"),
        ("1_000L", "1000"),
        ("1.5f", "1.5"),
        ("-3", "-3"),
        ("null", "None"),
        ("true", "True"),
        ('new String[] {"a", "b"}', "['a', 'b']"),
        ("new byte[16]", "[]"),
        ('"a" + b + 1', "(('a' + b) + 1)"),
    ],
)
def test_literals(show: Show, literal: str, shown: str) -> None:
    assert body(show, f"var x = {literal};") == f"let x = {shown}"


def test_a_text_block_has_no_margin() -> None:
    source = 'class A { String a = """\n      {\n        "k": "v" \\\n        x\\n\n      }\n      """; }'
    (stmt,) = lower("A.java", source.encode()).body
    assert isinstance(stmt, ir.ClassDef)
    value = stmt.definition.fields[0].value
    assert isinstance(value, ir.Const)
    assert value.value == '{\n  "k": "v"   x\n\n}\n'


# ---------------------------------------------------------------- expressions


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("(String) a.b", "a.b"),
        ("a.<T>b(c)", "a.b(c)"),
        ("new Foo<>(1)", "new Foo(1)"),
        ("new a.b.Foo(1)", "new a.b.Foo(1)"),
        ("outer.new Inner()", "new Inner()"),
        ("Foo.class", "Foo"),
        ("Outer.this.x", "this@Outer.x"),
        ("super.run(1)", "super.run(1)"),
        ("Api.super.run()", "super.run()"),
        ("x -> x + 1", "(arrow (x) {return (x + 1)})"),
        ("(x, y) -> { return x; }", "(arrow (x, y) {return x})"),
        ("(final String x) -> x", "(arrow (x: String) {return x})"),
        ("this::run", "this.run"),
        ("client::send", "client.send"),
        ("Foo::new", "Foo"),
        ("Foo::getName", "?method_reference(Foo, 'getName')"),
        ("a instanceof Foo", "(a instanceof Foo)"),
        ("a instanceof Foo f && f.ok()", "(((f := a) instanceof Foo) and f.ok())"),
        ("a instanceof Foo(int b, var c)", "(([b, c] := a) instanceof Foo)"),
        ("a ? b : c", "(a ? b : c)"),
        ("!a || b", "((not a) or b)"),
        ("a >>> 2", "(a >> 2)"),
        ("(a = b)", "(a := b)"),
        ("a[i + 1]", "a[(i + 1)]"),
        ("new Foo() { void m() { x(); } }", "new (class (Foo) {method m() {x()}})()"),
    ],
)
def test_expressions(show: Show, expression: str, shown: str) -> None:
    assert body(show, f"var r = {expression};") == f"let r = {shown}"


def test_a_map_filled_where_it_is_made(show: Show) -> None:
    shown = body(show, 'var m = new HashMap<String, String>() {{ put("a", b); }};')
    assert "= new HashMap()" in shown
    assert ".put('a', b)" in shown


def test_a_switch_gives_a_value(show: Show) -> None:
    shown = body(show, 'var s = switch (x) { case A, B -> "x"; case C -> { yield y; } default -> throw new E(); };')
    target = shown.split("const ", 1)[1].split(" ", 1)[0]
    assert shown == (
        f"let s = ({{switch x {{A | B: {{const {target} = 'x'}}; C: {{const {target} = y; break}}; "
        f"_: {{raise new E()}}}}}} {target})"
    )


# ---------------------------------------------------------------- statements


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("String a;", "let a: String = None"),
        ("final int a = 1, b = 2;", "let a = 1; let b = 2"),
        ("a = b = c;", "b = c; a = b"),
        ("a += 1; a++; --a;", "a += 1; a += 1; a -= 1"),
        ("if (a) b(); else if (c) { d(); } else e();", "if a {b()} else {if c {d()} else {e()}}"),
        ("for (int i = 0; i < 3; i++) a();", "let i = 0; while (i < 3) {a()} then {i += 1}"),
        ("for (final var s : list) { a(s); }", "each s in list {a(s)}"),
        ("do a(); while (b);", "do b {a()}"),
        ("synchronized (this) { a(); }", "{a()}"),
        ("loop: while (a) { break loop; }", "{while a {break loop}}"),
        ("try { a(); } catch (A | B e) { b(); } finally { c(); }", "try {a()} catch A B as e {b()} finally {c()}"),
        ("try (var r = open()) { a(r); }", "{let r = open(); a(r)}"),
        ("try (R r = open()) { a(r); } catch (E e) {}", "try {let r: R = open(); a(r)} catch E as e {}"),
        ("throw new E(a);", "raise new E(a)"),
        ("switch (a) { case 1: b(); break; default: c(); }", "switch↓ a {1: {b(); break}; _: {c()}}"),
        ("switch (a) { case Foo f when f.x -> b(); default -> {} }", "switch a {?class_pattern(Foo) as f if f.x: {b()}; _: {}}"),
    ],
)  # fmt: skip
def test_statements(show: Show, source: str, shown: str) -> None:
    assert body(show, source) == shown


# ---------------------------------------------------------------- classes


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("private final Foo a;", "a: Foo"),
        ('static final String A = "a";', "const A: String = 'a'"),
        ("static { a(); }", "a()"),
        ('@Value("${k}") String a;', "@Value('${k}') a: String"),
        ("A(B b) { this(b, 1); } A(B b, int c) { super(b); }",
         "constructor constructor(b: B) {this.constructor(b, 1)}; constructor constructor(b: B, c: int) {super(b)}"),
        ("abstract String a(String... b);", "method a(*b) -> String !'abstract' {}"),
        ('@Get(value = "/a", tags = {"x", "y"}) static List<B> a() { return null; }',
         "@Get('/a', tags=['x', 'y']) static a() -> List[B] {return None}"),
        ("{ x = 1; } A() { super(1); y(); }", "constructor constructor() {super(1); x = 1; y()}"),
    ],
)  # fmt: skip
def test_members(show: Show, source: str, shown: str) -> None:
    assert member(show, source) == shown


def test_constants_stand_before_what_needs_them(show: Show) -> None:
    shown = member(show, 'static final String A = Inner.B + "x"; static class Inner { static final String B = "b"; }')
    assert shown == "class Inner() {const B: String = 'b'}; const A: String = (Inner.B + 'x')"


def test_a_class_has_bases(show: Show) -> None:
    assert show("java", "class A<T> extends B<T> implements C, d.E {}") == "class A(B, C, d.E) {}"
    assert show("java", "interface A extends B, C {}") == "interface A(B, C) {}"


def test_a_record_sets_its_components(show: Show) -> None:
    shown = show("java", 'record A(@JsonProperty("b_c") String b) { A { check(b); } }')
    assert (
        shown == "record A() {constructor constructor(@JsonProperty('b_c') b: String (field b)) {check(b); this.b = b}}"
    )


def test_an_enum_has_instances(show: Show) -> None:
    shown = show("java", 'enum A { B("x") { void f() {} }, C; A(String... v) {} }')
    assert shown == (
        "enum class A() {constructor constructor(*v) {}; const B = new (class (A) {method f() {}})('x'); B.name = 'B'; "
        "const C = new A(); C.name = 'C'}"
    )


def test_lombok_writes_constructors_and_loggers(show: Show) -> None:
    shown = show("java", "@RequiredArgsConstructor @Slf4j class A { private final B b; private C c; final D d = e(); }")
    assert "constructor constructor(b: B (field b)) {}" in shown
    assert "const log = org.slf4j.LoggerFactory.getLogger()" in shown
    assert "(b: B (field b), c: C (field c))" in show("java", "@AllArgsConstructor class A { private final B b; C c; }")
    own = show("java", "@Data class A { final B b; A() { b = null; } }")
    assert "constructor constructor() {b = None}" in own
