"""Each form of Swift, lowered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cybrid_audit import ir
from cybrid_audit.languages import lower

Show = Callable[[str, str], str]

FORMS = {
    "let a = 1": "const a = 1",
    "var a: Int = 1": "let a: Int = 1",
    "let a: Int": "let a: Int",
    "let a = 1, b = 2": "const a = 1; const b = 2",
    "let (a, _) = b": "const [a, _] = b",
    "var a: Int { 1 }": "let a: Int = 1",
    'let s = "a \\(b) \\(c.d) \\\\ \\u{41}\\n"': "const s = `a {b} {c.d} \\ A\n`",
    'let s = """\n  a\n    \\(b)\n  """': "const s = `a\n  {b}`",
    'let s = #"a\\(b) \\#(c)"#': "const s = `a\\(b) {c}`",
    "let n = [0x1F, 1_000, 1.5, -2]": "const n = [31, 1000, 1.5, -2]",
    'func f(a: Int, for b: String = "x", _ c: Long..., then d: @escaping (Int) -> Void) -> Int? { a }': "function f(a: Int, b: String ~ 'x', *c: Long, d: ?function_type()) -> Int {return a}",
    "func f() async throws -> [A] { return try await g() }": "function f() -> Array[A] {return await g()}",
    "f(1, for: 2) { d } failed: { e }": "f(1, for=2, (arrow () {return d}), failed=(arrow () {return e}))",
    "a.b { $0.c + $1 }": "a.b((arrow ($0, $1) {return ($0.c + $1)}))",
    "a.map(\\.b.c)": "a.map((arrow %path($0) !'b' !'c' {return $0.b.c}))",
    "a.b { (c: Int, d) -> Int in e }": "a.b((arrow (c: Int, d) {return e}))",
    "a?.b?.c()!.d": "a?.b?.c?().d",
    "a ?? b": "(a ?? b)",
    "try? a(); try! b(); try await c()": "a(); b(); await c()",
    "a as? B ?? c": "(a ?? c)",
    "x is A": "(x instanceof A)",
    'a[b]; a?[b]; a["c", default: 1]': "a[b]; a?[b]; (a['c'] ?? 1)",
    "[A](); [String: Any](); Set<A>(); A<B>(c)": "[]; {}; []; A(c)",
    '["a": 1, b: 2]': "{'a': 1, b: 2}",
    ".a; .b(c)": ".a; .b(c)",
    "A.self; A.init(b); self.a; super.b(); Self.c": "A; A(b); this.a; super.b(); Self.c",
    "if let a, let b = c as? D, b > 1 { e } else if f { } else { g }": "if ((({const a = a} (a is-not None)) and ({const b = c} (b is-not None))) and (b > 1)) {e} else {if f {} else {g}}",
    "func f() { guard let a = b else { return }; use(a) }": "function f() {if ({const a = b} (a is-not None)) {} else {return}; use(a)}",
    "if case .a(let b, _) = c { b }": "if ({const b = c.%0} (c.%case == 'a')) {b}",
    "if case let .a(b) = c, b { }": "if (({const b = c.%0} (c.%case == 'a')) and b) {}",
    "while let a = b.next() { a }": "while ({const a = b.next()} (a is-not None)) {a}",
    "repeat { a } while b": "do b {a}",
    "for (k, v) in m where k { continue }": "each [k, v] in m {if k {} else {continue}; continue}",
    "for case let .a(v) in l { v }": "each %item0 in l {const v = %item0.%0; if (%item0.%case == 'a') {} else {continue}; v}",
    'switch a { case .b(let c), .d(_, let c): c; case "e", nil: f; fallthrough; case let x where x > 1: x; case (1, _): y; case is A: z; default: w }': "const c = a.%0; const c = a.%1; if ((a.%case == 'b') or (a.%case == 'd')) {c} else {if ((a == 'e') or (a == None)) {f; x} else {const x = a; if (True and (x > 1)) {x} else {if ((a[0] == 1) and True) {y} else {if (a instanceof A) {z} else {w}}}}}",
    "let a = if b { 1 } else { 2 }": "const a = ({if b {const %value8 = 1} else {const %value8 = 2}} %value8)",
    "let a = switch b { case .c: 1; default: 2 }": "const a = ({if (b.%case == 'c') {const %value8 = 1} else {const %value8 = 2}} %value8)",
    "do { try a() } catch let e as B { e } catch { error }": "try {a()} catch ?pattern() as error {const e = error; e} catch as error {error}",
    "defer { a() }": "a()",
    "func f() { throw A.b }": "function f() {raise A.b}",
    "a += 1; a[0] = b; a.b = c; a?.b = c; (a, b) = c": "a += 1; a[0] = b; a.b = c; a?.b = c; [a, b] = c",
    "!a && b || c == d; a !== b; a...b; -a": "((not a) and (b or (c == d))); (a != b); ?range(a, b); (- a)",
    "a ? b : c": "(a ? b : c)",
    "#if A\nlet x = 1\n#elseif B\nlet x = 2\n#else\nlet x = 3\n#endif": "if ?what the build chooses() {const x = 1} else {if ?what the build chooses() {const x = 2} else {const x = 3}}",
    "struct A { let a: Int; var b = 1; var c: String?; let d = 2; static let e = 3; var f: Int { a } }": "class A() {a: Int; b; c: String; d; constructor constructor(a: Int (field a), b ~ 1 (field b), c: String ~ None (field c)) {this.d = 2}; getter f() -> Int {return a}; const e = 3}",
    "class A: B, C { let a: Int; init(a: Int) { self.a = a; super.init() } ; convenience init() { self.init(a: 1) } }": "class A(B, C) {a: Int; constructor constructor(a: Int) {this.a = a; super()}; constructor constructor() {this.constructor(a=1)}}",
    "class A { lazy var b = c(); var d = 1 { didSet { e(oldValue) } } }": "class A() {b; d; constructor constructor() {this.b = c(); this.d = 1}; method didSet d(oldValue) {e(oldValue)}}",
    "class A { func f() { if let b { use(b) }; b = 1 }\n var b: Int? }": "class A() {b: Int; constructor constructor() {this.b = None}; method f() {if ({const b% = b} (b% is-not None)) {use(b%)}; b = 1}}",
    "class A { static var b: Int { get { 1 } set { c = newValue } } }": "class A() {static getter b() -> Int {return 1}; static setter b(newValue) -> Int {c = newValue}}",
    'enum A: String { case b, c = "d"; func f() -> String { rawValue } }': "enum class A(String) {constructor constructor(rawValue ~ None (field rawValue)) {}; method f() -> String {return rawValue}; const b = new A(rawValue='b'); b.%case = 'b'; const c = new A(rawValue='d'); c.%case = 'c'}",
    "enum A { case b(Int, c: String), d; static func e() -> A { .d } }": "enum class A() {constructor constructor(rawValue ~ None (field rawValue)) {}; static e() -> A {return A.d}; static b(%0: Int, %1: String) {const %made = new A(); %made.%case = 'b'; %made.%0 = %0; %made.%1 = %1; return %made}; const d = new A(rawValue=None); d.%case = 'd'}",
    'struct A: Codable { let b: Int; let c: String; enum CodingKeys: String, CodingKey { case b, c = "d" } }': "class A(Codable) {@SerialName('b') b: Int; @SerialName('d') c: String; constructor constructor(@SerialName('b') b: Int (field b), @SerialName('d') c: String (field c)) {}; enum class CodingKeys(String, CodingKey) {constructor constructor(rawValue ~ None (field rawValue)) {}; const b = new CodingKeys(rawValue='b'); b.%case = 'b'; const c = new CodingKeys(rawValue='d'); c.%case = 'c'}}",
    "protocol A { var b: Int { get }; func c(_ d: Int) -> E }": "interface A() {method c(d: Int) -> E !'abstract' {}}",
    "extension A { func b() { c }; var d: Int { 1 }; static let e = 1 }": "extension b(this: A) {return c}; extension getter d(this: A) -> Int {return 1}; extension %extension A() {const e = 1}",
    "class A { }\nextension A: B { func c() { d } }": "class A(B) {method c() {return d}}",
    '@AppStorage("a") var b = "c"': "let b = AppStorage('a', wrappedValue='c')",
    "struct V: View { @State private var a = 1; var body: some View { Text(a).onAppear { b() } } }": "class V(View) {a; constructor constructor(a ~ 1 (field a)) {}; getter body() -> View {return Text(a).onAppear((arrow () {return b()}))}}",
    "typealias A = B": "const A = B",
    "let a = B.x\nenum B { static let x = c }\nlet c = 1": "const c = 1; enum class B() {constructor constructor(rawValue ~ None (field rawValue)) {}; const x = c}; const a = B.x",
    "@main struct A: App { }": "@main() class A(App) {}",
    'log("\\(a, privacy: .private) \\(b, privacy: .public)")': "log(`<private> {b}`)",
    "withX { [weak self] in guard let self = self else { return }; self.a() }": "withX((arrow () {if (this is-not None) {} else {return}; this.a()}))",
    "let a = { (b: Int) in c(b); d(b) }": "const a = (arrow (b: Int) {c(b); d(b)})",
    "func f() { func g() { 1 }; g() }": "function f() {arrow g() {return 1}; g()}",
}


@pytest.mark.parametrize("source", FORMS)
def test_forms(show: Show, source: str) -> None:
    assert show("swift", source) == FORMS[source]


def test_labels_are_kept_beside_the_names() -> None:
    (stmt,) = lower("a.swift", b"func f(a: Int, for b: Int, _ c: Int) { }").body
    assert isinstance(stmt, ir.FunctionDef)
    assert [param.label for param in stmt.function.params] == ["a", "for", "_"]


def test_what_is_run_on_its_own() -> None:
    assert lower("Sources/main.swift", b"run()").has_main
    assert lower("a.swift", b"#!/usr/bin/swift\nrun()").has_main
    assert not lower("a.swift", b"run()").has_main


def test_a_binding_does_not_hide_the_member_behind_its_block(show: Show) -> None:
    source = "class A { var b: Int?\n func f() -> Int? { guard let b else { return b }\n if let b { return b }\n return b } }"
    shown = show("swift", source)
    assert "const b% = b" in shown
    assert "else {return b}" in shown
    assert shown.count("return b%") == 2


def test_a_mistake_costs_little(show: Show) -> None:
    shown = show("swift", "let a = 1\nlet b = = 2\nlet c = 3\nstruct D { let e = 4\n let f = = 5\n let g = 6 }\n")
    for each in ("const a = 1", "const c = 3", "this.e = 4", "this.g = 6"):
        assert each in shown
