"""Each form of Kotlin, lowered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cybrid_audit import ir
from cybrid_audit.languages import lower

Show = Callable[[str, str], str]

FORMS = {
    "val a = 1": "const a = 1",
    "var a: Int = 1": "let a: Int = 1",
    "val a: Int": "let a: Int",
    'const val A = "x"': "const A = 'x'",
    "val (a, b) = c": "const [a, b] = c",
    "val a get() = 1": "const a = 1",
    "val a by lazy { 1 }": "const a = (arrow (it) {return 1})()",
    "val a: B by c()": "const a: B = c().getValue()",
    'val s = "a $b ${c.d} \\$e \\u0041\\n"': "const s = `a {b} {c.d} $e A\n`",
    'val s = """a $b "q" ${c}"""': 'const s = `a {b} "q" {c}`',
    "val c = 'x'": "const c = 'x'",
    "val n = listOf(0x1F, 1_000L, 1.5f, true, null)": "const n = listOf(31, 1000, 1.5, True, None)",
    'fun f(a: Int, b: String = "x", vararg c: Long, d: (Int) -> Unit): Int? = a': "function f(a: Int, b: String ~ 'x', *c: Long, d: ?function_type()) -> Int {return a}",
    "suspend fun <T> f(): List<T> { return g<T>() }": "function f() -> List[T] {return g(%T=T)}",
    "fun String.f(x: Int) = this + x": "extension f(this: String, x: Int) {return (this + x)}",
    "val String.n: Int get() = length": "extension getter n(this: String) {return length}",
    "fun f(block: Foo.() -> Unit) { Foo().block() }": "function f(block: ?receiver_function_type()) {Foo().block()}",
    "f(1, b = 2, *c) { d }": "f(1, b=2, *c, (arrow (it) {return d}))",
    "f<A>(x)": "f(x, %T=A)",
    "a.b<C>(x) { y }": "a.b(x, (arrow (it) {return y}), %T=C)",
    "a?.b?.c()!!.d": "a?.b?.c?().d",
    "a ?: return": "(a ?? ({return} None))",
    "a ?: throw B()": "(a ?? ({raise B()} None))",
    "val x = a as? B ?: c": "const x = (a ?? c)",
    "fun f() { xs.forEach { if (it.a) return@forEach; return } }": "function f() {xs.forEach((arrow (it) {if it.a {return}; return ({return^} None)}))}",
    "fun f() { run { return@f } }": "function f() {run((arrow (it) {return ({return^} None)}))}",
    "for (x in y) { val z = x ?: continue }": "each x in y {const z = (x ?? ({continue} None))}",
    "for ((k, v) in m) break": "each [k, v] in m {break}",
    "if (a) b else if (c) d": "if a {b} else {if c {d}}",
    "val x = if (a) { b(); c } else d": "const x = (a ? ({b()} c) : d)",
    "when (a) { 1, 2 -> b; is C -> d; in e -> f; else -> g }": "if ((a == 1) or (a == 2)) {b} else {if (a instanceof C) {d} else {if (a in e) {f} else {g}}}",
    "val x = when { a -> 1; else -> 2 }": "const x = (a ? 1 : 2)",
    "val x = when (val y = f()) { is A -> y; else -> null }": "const x = ({const y = f()} ((y instanceof A) ? y : None))",
    "val x = try { a() } catch (e: B) { c } finally { d() }": "const x = ({try {const %try8 = a()} catch B as e {const %try8 = c} finally {d()}} %try8)",
    "try { a } catch (e: B) { c }": "try {a} catch B as e {c}",
    "while (a) b": "while a {b}",
    "do { a } while (b)": "do b {a}",
    "a += 1; a[0] = b; a.b = c; a++": "a += 1; a[0] = b; a.b = c; a += 1",
    "!a.b(c); !a.b { it }; -a; a != b && c !in d || e === f": "(not a.b(c)); (not a.b((arrow (it) {return it}))); (- a); (((a != b) and (c not-in d)) or (e == f))",
    "a to b; a until b; 1..2; a or b": "tuple[a, b]; a.until(b); ?range(1, 2); (a or b)",
    "x is A; x !is A": "(x instanceof A); (not (x instanceof A))",
    "A::class.java; a::b; ::c": "A; a.b; c",
    "class A": "class A() {}",
    "class A(private val b: B, c: Int = 1) : D(c), E { val f = b; init { g() } }": "class A(D, E) {constructor constructor(b: B (field b), c: Int ~ 1) {super(c); this.f = b; g()}}",
    "class A { private val b by lazy { c() }; val d: Int get() = 1; var e = 1\n set(v) { field = v } }": "class A() {constructor constructor() {this.e%field = 1; this.b = (arrow (it) {return c()})()}; getter d() {return 1}; setter e(v) {this.e%field = v}; getter e() {return this.e%field}}",
    "class A { companion object { const val X = 1\n fun f() = X } }": "class A() {static f() {return X}; const X = 1}",
    "class A { companion object { const val X = 1 } }": "class A() {const X = 1}",
    "class A private constructor(val a: Int) { constructor(b: String) : this(1) }": "class A() {constructor constructor(a: Int (field a)) {}; constructor constructor(b: String) {this.constructor(1)}}",
    'data class A(@SerialName("b") val a: String)': "class A() {constructor constructor(@SerialName('b') a: String (field a)) {}}",
    "object A { val x = 1; fun f() = x }": "object A() {static f() {return x}; const x = 1}",
    'object A : B("x") { fun f() = 1 }': "const A = new (class A(B) {constructor constructor() {super('x')}; method f() {return 1}})()",
    'enum class A(val x: String) { B("c"), D("e"); fun f() = x }': "enum class A() {constructor constructor(x: String (field x)) {}; method f() {return x}; const B = new A('c'); B.name = 'B'; const D = new A('e'); D.name = 'D'}",
    "sealed class A { object B : A()\n class C(val d: Int) : A() }": "class A() {object B(A) {}; class C(A) {constructor constructor(d: Int (field d)) {super()}}}",
    'interface A { @POST("x") suspend fun f(@Body b: B, @Header("h") c: String): D }': "interface A() {@POST('x') method f(@Body b: B, @Header('h') c: String) -> D !'abstract' {}}",
    "val a = object : B { override fun f() = 1 }": "const a = new (class object(B) {method f() {return 1}})()",
    "val f = fun(x: Int): Int { return x }": "const f = (arrow (x: Int) -> Int {return x})",
    "@A @B(1) class C @D constructor() : E()": "@A @B(1) class C(E) {@D constructor constructor() {super()}}",
    "@Inject lateinit var a: B": "let a: B",
    "package a.b\nimport c.D\nimport e.f as g\nimport h.*": "import c(D); import e(f>g); import h(**)",
    "typealias A = B<C>": "const A = B[C]",
    "val a = B.x\nobject B { val x = C }\nconst val C = 1": "const C = 1; object B() {const x = C}; const a = B.x",
    'val x = y[0]["a"]': "const x = y[0]['a']",
    "a.b { (c, d), e: Int -> f }": "a.b((arrow ([c, d], e: Int) {return f}))",
    "fun f() { this@A.b(); super.f() }": "function f() {this@A.b(); super.f()}",
    "tailrec fun f() { fun g() = 1; g() }": "function f() {arrow g() {return 1}; g()}",
    "label@ while (a) { break@label }": "while a {break label}",
    "val a = [1, 2]": "const a = [1, 2]",
    "class A : B by c": "class A(B) {}",
}


@pytest.mark.parametrize("source", FORMS)
def test_forms(show: Show, source: str) -> None:
    assert show("kt", source) == FORMS[source]


def test_a_file_says_its_package_and_scripts_run() -> None:
    module = lower("a.kt", b'@file:JvmName("X")\npackage a.b.`in`\n\nval x = 1\n')
    assert (module.package, module.language, module.has_main) == ("a.b.in", "kotlin", False)
    assert lower("a.main.kts", b"println(1)\n").has_main
    assert not lower("build.gradle.kts", b"plugins { }\n").has_main


def test_what_is_needed_comes_first(show: Show) -> None:
    shown = show(
        "kt", "val a = f()\nfun f() = B.x\nobject B { val x = y }\nprivate val y = z\nprivate const val z = 1\n"
    )
    order = [shown.index(each) for each in ("const z", "const y", "object B", "const a")]
    assert order == sorted(order)
    assert show("kt", "val a = b\nval b = a\n") == "const b = a; const a = b"


def test_a_return_knows_how_far_it_goes(show: Show) -> None:
    source = """
fun outer() {
    one { two { return@one 1 } }
    mark@ { return@mark 2 }
    listOf(1).map { fun inner() { return } ; return@outer }
}
"""
    shown = show("kt", source)
    assert "two((arrow (it) {return ({return^ 1} None)}))" in shown
    assert "{return 2}" in shown or "({return 2} None)" in shown
    assert "arrow inner() {return}" in shown
    assert "return^" in shown.split("inner")[1]


def test_names_in_texts_stand_where_they_are() -> None:
    source = b'val a = "x $name y"\n'
    module = lower("a.kt", source)
    assign = module.body[0]
    assert isinstance(assign, ir.Assign)
    assert isinstance(assign.value, ir.Template)
    hole = assign.value.parts[1]
    assert source[hole.span.start : hole.span.end] == b"$name"
    assert (hole.span.line, hole.span.column) == (1, 11)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("val a = 1\nval b = = 2\nval c = 3\n", ("const a = 1", "const c = 3")),
        ("fun f() = 1\nclass A( {\n}\nval x = 2\n", ("function f() {return 1}",)),
        ("class A { fun f() { a(1) \n b(; \n c(3) } }\nclass B\n", ("a(1)",)),
        ('class A { private companion object { const val KEY = "k }" } }\n', ("const KEY = 'k }'",)),
        ("class A { object B { val c = 1 }; fun d() { e() } }\n", ("object B() {const c = 1}", "method d() {e()}")),
    ],
)
def test_a_mistake_costs_little(show: Show, source: str, kept: tuple[str, ...]) -> None:
    shown = show("kt", source)
    for each in kept:
        assert each in shown


DEEP = 5_000
NESTED = {
    "parentheses": "val x = " + "(" * DEEP + "1" + ")" * DEEP,
    "calls": "val x = " + "f(" * DEEP + ")" * DEEP,
    "a chain": "val x = f" + ".g()" * DEEP,
    "addition": "val x = " + "+".join(["1"] * DEEP),
    "elvis": "val x = " + " ?: ".join(["a"] * DEEP),
    "not": "val x = " + "!" * DEEP + "a",
    "branches": "fun f() { " + "if (a) b else " * DEEP + "c }",
    "lambdas": "val x = " + "{ " * DEEP + "1" + " }" * DEEP,
    "classes": "class A {\n" * DEEP + "}\n" * DEEP,
    "templates": "val x = " + '"${' * DEEP + "1" + '}"' * DEEP,
    "types": "val x: " + "List<" * DEEP + "A" + ">" * DEEP + " = 1",
    "unclosed": "fun f() {" * DEEP,
}


@pytest.mark.parametrize("name", NESTED)
def test_depth_costs_what_lies_deep(name: str) -> None:
    module = lower("a.kt", f"val a1 = 1\n{NESTED[name]}\n".encode())
    assert module.body


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "1" * 3000 + "L"])
def test_numbers_without_end_are_opaque(show: Show, number: str) -> None:
    assert "?number_literal" in show("kt", f"val a = {number}\n")
