"""Each form of Dart, lowered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cybrid_audit import ir
from cybrid_audit.languages import lower

Show = Callable[[str, str], str]

FORMS = {
    "const a = 1;": "const a = 1",
    'final String a = "b";': "const a: String = 'b'",
    "var a = 1, b;": "let a = 1; let b = None",
    "int? get a => 1;": "const a = 1",
    "late final a = b();": "const a = b()",
    "final s = 'a ${b.c} $d \\\\ \\u{41}\\n';": "const s = `a {b.c} {d} \\ A\n`",
    "final s = 'a' 'b';": "const s = 'ab'",
    "final s = r'a$b';": "const s = 'a$b'",
    "final s = '''\na $b''';": "const s = `a {b}`",
    'f(int a, [String? b = "x"]) => a;': "function f(a: int, b: String ~ 'x') {return a}",
    'f({required int a, String b = "c", d}) async { return await g(); }': "function f(=a: int, =b: String ~ 'c', =d ~ None) {return await g()}",
    "void f() { g(1, a: 2, b: () => c); }": "function f() {g(1, a=2, b=(arrow () {return c}))}",
    "f() => (await a.b()).c?.d!.e();": "function f() {return await a.b().c?.d.e()}",
    "f() => a ?? b as C;": "function f() {return (a ?? b)}",
    "f() => x is A || x is! B;": "function f() {return ((x instanceof A) or (not (x instanceof B)))}",
    "f() => [1, ...a, ...?b, if (c) d else e, for (final g in h) g];": "function f() {return [1, *a, *b, *(c ? [d] : [e]), *list[g for g in h]]}",
    "f() => {'a': 1, ...b, if (c) 'd': e, for (final g in h) g: 1};": "function f() {return {'a': 1, *b, *(c ? {'d': e} : {}), *dict[g: 1 for g in h]}}",
    "f() => {1, 2};": "function f() {return set[1, 2]}",
    "f() => <String, int>{};": "function f() {return {}}",
    "f() => A(b)..c = d..e.f(g)..h[i] = j;": "function f() {return ({const %cascade11 = A(b); %cascade11.c = d; %cascade11.e.f(g); %cascade11.h[i] = j} %cascade11)}",
    "f() => const A.b(c); g() => new A(d); h() => A<B>(e);": "function f() {return A.b(c)}; function g() {return A(d)}; function h() {return A(e)}",
    "f() => a ? b : c;": "function f() {return (a ? b : c)}",
    "f() => -1 + a * b ~/ c;": "function f() {return (-1 + ((a * b) // c))}",
    "f() => switch (a) { 1 => b, C(:final d) => d, _ => e };": "function f() {return ({const %subject7 = a} ((%subject7 == 1) ? b : (((%subject7 instanceof C) and ({const d = %subject7.d} True)) ? d : e)))}",
    "f() => (a, b: c);": "function f() {return tuple[a, c]}",
    'f() { final (a, b) = c; final {"d": e} = g; }': "function f() {const [a, b] = c; const {'d': e} = g}",
    "f() { if (a) b(); else if (c) { d(); } else { e(); } }": "function f() {if a {b()} else {if c {d()} else {e()}}}",
    "f() { if (a case B(c: final d) when d > 1) { d; } }": "function f() {if ({const %subject6 = a} ((%subject6 instanceof B) and ({const d = %subject6.c} (d > 1)))) {d}}",
    "f() { for (var i = 0; i < 1; i++) { a; } for (final b in c) { continue; } await for (var d in e) { break; } while (g) { h; } do { i; } while (j); }": "function f() {let i = 0; while (i < 1) {a} then {i += 1}; each b in c {continue}; each d in e {break}; while g {h}; do j {i}}",
    "f() { try { a(); } on B catch (e) { c(e); } catch (e, s) { rethrow; } finally { d(); } }": "function f() {try {a()} catch B as e {c(e)} catch as e {raise} finally {d()}}",
    "f() { switch (a) { case 1: case 2: b(); break; case 'c' when d: e(); default: g(); } }": "function f() {const %subject6 = a; if ((%subject6 == 1) or (%subject6 == 2)) {b()} else {if ((%subject6 == 'c') and d) {e()} else {g()}}}",
    "f() { a += 1; a ??= b; a.b = c; a[0] = d; throw E(); }": "function f() {a += 1; a ??= b; a.b = c; a[0] = d; raise E()}",
    "f() { String g(int a) => a; g(1); }": "function f() {arrow g(a: int) -> String {return a}; g(1)}",
    "f() => a.then((b) => b.c).catchError((e) {});": "function f() {return a.then((arrow (b) {return b.c})).catchError((arrow (e) {}))}",
    "class A extends B<C> with D implements E, F {}": "class A(B, D, E, F) {}",
    "class A { A(this.b, {this.c = 1, required super.d}) : e = b, super(f); final int b; int c; final e; int g = 2; int? h; late int i; }": "class A() {b: int; c: int; e; g: int; h: int; i: int; constructor constructor(b: int (field b), =c: int ~ 1 (field c), =d (field d)) {let this.g: int = 2; this.h: int = None; this.e = b; super(f)}}",
    "class A { A(); A.b(int c) : this(); A.d(this.e); factory A.f(x) => A.b(x); final e; }": "class A() {e; constructor constructor() {}; constructor constructor(c: int, =%named b) {this.constructor()}; constructor constructor(e (field e), =%named d) {}; static b(c: int) {return new A(c, %named b=True)}; static d(e) {return new A(e, %named d=True)}; static f(x) {return A.b(x)}}",
    "class A { factory A() => _a; A._(); static final A _a = A._(); }": "class A() {constructor constructor(=%named _) {}; static %factory() {return _a}; static _() {return new A(%named _=True)}; const _a: A = A._()}",
    "class A { static const b = 1; static int c() => b; int get d => 1; set d(int v) { e = v; } }": "class A() {static c() -> int {return b}; getter d() -> int {return 1}; setter d(v: int) {e = v}; const b = 1}",
    "abstract class A { int b(); }": "interface A() {method b() -> int !'abstract' {}}",
    "enum A { b, c }": "enum class A() {constructor constructor() {}; const b = new A(); b.name = 'b'; const c = new A(); c.name = 'c'}",
    'enum A { b("x"); const A(this.d); final String d; static A of() => b; }': "enum class A() {d: String; constructor constructor(d: String (field d)) {}; static of() -> A {return b}; const b = new A('x'); b.name = 'b'}",
    "extension A on B { int c(int d) => e; int get f => 1; static const g = 2; }": "extension c(this: B, d: int) -> int {return e}; extension getter f(this: B) -> int {return 1}; extension A() {const g = 2}",
    "mixin A on B { void c() {} }": "class A() {method c() {}}",
    'class A { @JsonKey(name: "b") final String c; A(this.c); }': "class A() {@JsonKey(name='b') c: String; constructor constructor(c: String (field c)) {}}",
    "import 'dart:io'; import 'package:a/b.dart' as c; import 'd.dart' show E, F; import 'g.dart' hide H; export 'i.dart' show J; part 'k.g.dart';": "import dart:io(**); import package:a/b.dart(*>c); import d.dart(E, F); import g.dart(->H, **); export i.dart(J); import k.g.dart(%part)",
    "part of 'a.dart';": "import a.dart(%part)",
    "typedef A = B;": "const A = B",
    "final a = b;\nfinal b = C.d;\nclass C { static const d = 1; }": "class C() {const d = 1}; const b = C.d; const a = b",
    "@override void f() {}": "@override() function f() {}",
}


@pytest.mark.parametrize("source", FORMS)
def test_forms(show: Show, source: str) -> None:
    assert show("dart", source) == FORMS[source]


def test_calls_with_a_type_argument_are_no_comparisons(show: Show) -> None:
    assert show("dart", "f() => a.b<C>(d);") == "function f() {return a.b(d)}"
    assert (
        show("dart", "f() => a.b<C>(d).then((e) => e);") == "function f() {return a.b(d).then((arrow (e) {return e}))}"
    )
    assert show("dart", "f() async => await a.b<C>(d);") == "function f() {return await a.b(d)}"
    assert show("dart", "f() => a < b;") == "function f() {return (a < b)}"


def test_what_is_needed_comes_first(show: Show) -> None:
    shown = show("dart", "final a = B.c;\nclass B { static final c = d; }\nfinal d = e;\nconst e = 1;\n")
    order = [shown.index(each) for each in ("const e", "const d", "class B", "const a")]
    assert order == sorted(order)


def test_holes_of_texts_stand_where_they_are() -> None:
    source = b"final a = 'x $name y';\n"
    (stmt,) = lower("a.dart", source).body
    assert isinstance(stmt, ir.Assign)
    assert isinstance(stmt.value, ir.Template)
    hole = stmt.value.parts[1]
    assert source[hole.span.start : hole.span.end] == b"name"


def test_a_mistake_costs_little(show: Show) -> None:
    shown = show(
        "dart", "const a = 1;\nconst b = = 2;\nconst c = 3;\nclass D { int e() => 1; int f( => 2; int g() => 3; }\n"
    )
    for each in ("const a = 1", "const c = 3", "method e()"):
        assert each in shown
