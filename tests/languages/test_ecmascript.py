"""Each form of TypeScript and JavaScript, lowered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Show = Callable[[str, str], str]

FORMS = {
    "const a = 1, b = 2": "const a = 1; const b = 2",
    "let a: string": "let a: string = None",
    "var [a, , b = 1, ...c] = d": "var [a, , b ~ 1, *c] = d",
    "const {a, b: c, [d]: e = 1, ...f} = g": "const {'a': a, 'b': c, d: e ~ 1, *f} = g",
    "a = b = 1": "b = 1; a = b",
    "a += 1": "a += 1",
    "a++": "a += 1",
    "a ??= b": "a ??= b",
    "[a, b] = [b, a]": "[a, b] = [b, a]",
    "({a} = b)": "({'a': a} := b)",
    "x = 'a\\n\\x41\\u{1F600}'": "x = 'a\\nA😀'",
    "x = `a${b}c${d}`": "x = `a{b}c{d}`",
    "x = tag`a${b}`": "x = tag`a{b}`",
    "x = /a+/g": "x = /a+/",
    "x = a ? b : c": "x = (a ? b : c)",
    "x = a === null || b !== undefined && c": "x = ((a == None) or ((b != None) and c))",
    "x = a ?? b": "x = (a ?? b)",
    "x = !a": "x = (not a)",
    "x = typeof a": "x = (typeof a)",
    "x = void 0": "x = None",
    "delete a.b": "(delete a.b)",
    "x = a in b": "x = (a in b)",
    "x = a instanceof B": "x = (a instanceof B)",
    "x = a?.b?.[c]?.(d)": "x = a?.b?[c](d)",
    "x = a!.b as C": "x = a.b",
    "x = <T>a": "x = a",
    "x = y satisfies Z": "x = y",
    "x = (a, b)": "x = [a, b][1]",
    "x = {...a, b, 'c': 1, [d]: 2, e() { return 1 }, get f() { return 2 }, set f(v) {}, async *g() {}}": "x = {*a, 'b': b, 'c': 1, d: 2, 'e': (method e() {return 1}), get 'f': (method f() {return 2}), set 'f': (method f(v) {}), 'g': (async method* g() {})}",
    "x = [...a, , b]": "x = [*a, b]",
    "f(...a, b)": "f(*a, b)",
    "new A(b)": "new A(b)",
    "new A": "new A()",
    "x = a => b": "x = (arrow (a) {return b})",
    "x = async ({a}, [b], ...c) => { await d }": "x = (async arrow ({'a': a}, [b], *c) {await d})",
    "x = function* g() { yield a; yield* b }": "x = (function* g() {(yield a); (yield* b)})",
    "function f(a, b = 1, ...c) {}": "function f(a, b ~ 1, *c) {}",
    "async function f(): Promise<string> {}": "async function f() -> Promise[string] {}",
    "class A extends B implements C { static x = 1; #y = 2; readonly z: string; constructor(private a: A, @D() b?: B) { super(a) } get p() { return 1 } set p(v) {} static m() {} async n() {} *g() {} static { x } abstract q(): void }": "class A(B, C) {static x = 1; #y = 2; z: string; constructor constructor(a: A (field a), @D() b: B) {super(a)}; getter p() {return 1}; setter p(v) {}; static m() {}; async method n() {}; method* g() {}; {x}}",
    "@D() class A { @F() x: string; @G({a: 1}) m(@H('k') b: B) {} }": "@D() class A() {@F() x: string; @G({'a': 1}) method m(@H('k') b: B) {}}",
    "abstract class A {}": "class A() {}",
    "x = class {}": "x = (class () {})",
    "enum E { A, B = 'b', C }": "enum E() {static A = 0; static B = 'b'; static C = 1}",
    "const enum E { A = 1, B }": "enum E() {static A = 1; static B = 2}",
    "if (a) b; else if (c) d; else { e }": "if a {b} else {if c {d} else {e}}",
    "for (let i = 0; i < n; i++) { continue }": "let i = 0; while (i < n) {continue} then {i += 1}",
    "for (const a of b) {}": "each a in b {}",
    "for await (const a of b) {}": "async each a in b {}",
    "for (const k in o) {}": "each k in Object.keys(o) {}",
    "while (a) { break }": "while a {break}",
    "do { a } while (b)": "do b {a}",
    "outer: for (;;) { break outer }": "{while {break outer}}",
    "switch (a) { case 1: case 2: b; break; default: c }": "switch↓ a {1: {}; 2: {b; break}; _: {c}}",
    "try { a } catch (e) { b } finally { c }": "try {a} catch as e {b} finally {c}",
    "try { a } catch { b }": "try {a} catch {b}",
    "throw new Error('x')": "raise new Error('x')",
    "return": "return",
    "import 'm'": "import m()",
    "import a, {b, c as d} from 'm'": "import m(default>a, b, c>d)",
    "import * as n from 'm'": "import m(*>n)",
    "import type {T} from 'm'": "import type m(T)",
    "import {type T, a} from 'm'": "import m(T, a)",
    "import fs = require('fs')": "const fs = require('fs')",
    "export const a = 1, {b} = c": "const a = 1; const {'b': b} = c; export (a, b)",
    "export function f() {}": "function f() {}; export (f)",
    "export default function f() {}": "function f() {}; export (default>f)",
    "export default class A {}": "class A() {}; export (default>A)",
    "export default () => 1": "const default = (arrow () {return 1}); export (default)",
    "export default a": "const default = a; export (default)",
    "export {a, b as c}": "export (a, c>b)",
    "export {a, b as default} from 'm'": "export m(a, default>b)",
    "export * from 'm'": "export m(*)",
    "export * as n from 'm'": "export m(n>*)",
    "export = a": "module.exports = a",
    "export async function* g() {}": "async function* g() {}; export (g)",
    "export enum E { A }": "enum E() {static A = 0}; export (E)",
    "export namespace N { export const a = 1 }": "{const a = 1}; const N = {'a': a}; export (N)",
    "export type {T} from 'm'": "export m(T)",
    "type T = string; interface I {}; declare const d: string": "",
    "declare module 'x' { const a: string }": "",
    "'use server'": "'use server'",
    "async function f() { 'use server'; return 1 }": "async function f() !'use server' {'use server'; return 1}",
    "x = await import('m')": "x = await import('m')",
    "x = import.meta.env.X": "x = import.meta.env.X",
    "x = 0x1F + 1_000 + 10n + 1e3": "x = (((31 + 1000) + 10) + 1000.0)",
    "x = a ** -b % c | d & e ^ f": "x = (((a ** (- b)) % c) | ((d & e) ^ f))",
    "x = a as unknown as B<C>": "x = a",
    "let x: A | null, y: B[], z: Map<string, C>": "let x: A = None; let y: Array[B] = None; let z: Map[[string, C]] = None",
    "function f(this: Window, a: string) {}": "function f(a: string) {}",
    "using x = f()": "x = f()",
    "debugger": "",
    "x = y = z": "y = z; x = y",
    "if (a) {}": "if a {}",
    "x = a.b().c": "x = a.b().c",
    "label: { a }": "{a}",
    "x = new.target": "x = new.target",
    "x = a < b > (c)": "x = a(c)",
    "function f(a: string): void; function f(a: any) {}": "function f(a: any) {}",
    "export abstract class A {}": "class A() {}; export (A)",
    "accessor": "accessor",
    "x = {a: async () => 1}": "x = {'a': (async arrow a() {return 1})}",
    "x = async function () {}": "x = (async function () {})",
    "x = a && (b = c)": "x = (a and (b := c))",
    "x = ((a))": "x = a",
    "var x": "var x = None",
}

MARKUP = {
    "x = <a href='b' {...c} d>{e} f<G.H/></a>": "x = <'a' 'href': 'b' *c 'd': True>[e, <G.H>[]]",
    "x = <><B c={1}/></>": "x = <''>[<B 'c': 1>[]]",
    "x = <T,>(a: T) => a": "x = (arrow (a: T) {return a})",
}


@pytest.mark.parametrize("source", FORMS)
def test_form(show: Show, source: str) -> None:
    assert show("ts", source) == FORMS[source]


@pytest.mark.parametrize("source", MARKUP)
def test_markup(show: Show, source: str) -> None:
    assert show("tsx", source) == MARKUP[source]
    if ":" not in source:
        assert show("jsx", source) == MARKUP[source]
