"""Component files: their scripts and what their markup does become one function of the properties, at the places of the file."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cybrid_audit import ir
from cybrid_audit.languages import Unparsed, lower
from cybrid_audit.languages.markup import ASTRO, CODE, OPEN, RAW, SVELTE, VUE, Piece, client_scripts, pieces

Show = Callable[[str, str | bytes], str]
SUFFIXES = ("vue", "svelte", "astro")


def cut(source: str, flavour: str, kind: str) -> list[str]:
    """The pieces of one kind, as they stand in the source."""
    data = source.encode()
    return [data[each.start : each.end].decode() for each in pieces(data, flavour) if each.kind == kind]


def values(piece: Piece, data: bytes) -> list[tuple[str, str, str]]:
    return [(each.name, each.kind, data[each.start : each.end].decode()) for each in piece.attributes]


# ---------------------------------------------------------------- pieces


@pytest.mark.parametrize(
    ("flavour", "source", "found"),
    [
        (VUE, "<template><p>{{ a }} {b} {{ c['}}'] }}</p></template>{{ d }}", [" a ", " c['"]),
        (
            SVELTE,
            "<p>{a}{ {b: 1} }{'}'}{`${ {c} }}`}</p>{d // }\n}",
            ["a", " {b: 1} ", "'}'", "`${ {c} }}`", "d // }\n"],
        ),
        (SVELTE, "<p>it's {a} isn't {/* } */ b}</p>", ["a", "/* } */ b"]),
        (
            ASTRO,
            "<p>{ok && <b>don't {x} see http://a.b/{y}</b>}</p><>{z}</>",
            ["ok && <b>don't {x} see http://a.b/{y}</b>", "z"],
        ),
        (SVELTE, "<!-- {a} --><script>{b}</script><style>c {d: e}</style>{f}", ["f"]),
        (SVELTE, "{a", []),
        (VUE, "<i18n>{{ a }}</i18n><template lang='pug'>{{ b }}</template>", []),
        (VUE, "<template><template #x>{{ a }}</template>{{ b }}</template>", [" a ", " b "]),
    ],
)
def test_code_is_found_between_braces(flavour: str, source: str, found: list[str]) -> None:
    assert cut(source, flavour, CODE) == found


def test_attributes_keep_their_values() -> None:
    data = b"""<Child :a="x" @b.stop='y()' c=d #e="{ f }" v-model:g="h" disabled :[i]="j" />"""
    (piece,) = pieces(data, VUE, 0)
    assert piece.is_closed
    assert values(piece, data) == [
        (":a", "text", "x"),
        ("@b.stop", "text", "y()"),
        ("c", "text", "d"),
        ("#e", "text", "{ f }"),
        ("v-model:g", "text", "h"),
        ("disabled", "", ""),
        (":[i]", "text", "j"),
    ]
    data = b"<Child a={x > 1} {b} {...c} on:d|once={() => '}'} e='f {g}' h=`i${j}`>"
    (piece,) = (each for each in pieces(data, ASTRO) if each.kind == OPEN)
    assert values(piece, data) == [
        ("a", "code", "x > 1"),
        ("", "spread", "b"),
        ("", "spread", "...c"),
        ("on:d|once", "code", "() => '}'"),
        ("e", "text", "f {g}"),
        ("h", "template", "i${j}"),
    ]


def test_scripts_are_plain_text() -> None:
    source = "<script setup lang='ts'>const a = '<b>' // </ script\n</script ><template></template>"
    assert cut(source, VUE, RAW) == ["const a = '<b>' // </ script\n"]
    assert cut("<script>a", SVELTE, RAW) == ["a"]
    found = client_scripts(b"---\nconst a = '<script>'\n---\n<script>b()</script><style>c</style>")
    assert len(found) == 1


# ---------------------------------------------------------------- Vue


def test_a_setup_script_is_the_body_of_a_function_of_the_properties(show: Show) -> None:
    shown = show(
        "vue",
        "<script setup lang='ts'>import { ref } from 'vue'\nconst props = defineProps<{ t: string }>()\nconst a = ref(1)\n"
        "function pay() { a.value = 2 }</script>\n"
        "<template><div :class='x'><b @click='pay'>{{ a }} {{ t }} {{ props.t }}</b></div></template>",
    )
    assert shown == (
        "import vue(ref); function main(%props) {const props = %props; const a = ref(1); function pay() {a.value = 2}; "
        "<''>[<'div' 'class': %props.x>[], <'b' 'onClick': pay>[], %unref(a), %props.t, %unref(props).t]}; export (default>main)"
    )


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<C @paid='a = 1; f($event)'/>", "<C 'onPaid': (arrow ($event) {%props.a = 1; %props.f($event)})>[]"),
        ("<C @paid='x => f(x)'/>", "<C 'onPaid': (arrow (x) {return %props.f(x)})>[]"),
        (
            "<pay-box :guid-of.sync='g' v-bind='rest' label='l'/>",
            "<PayBox 'guidOf': %props.g *%props.rest 'label': 'l'>[]",
        ),
        ("<C :guid/>", "<C 'guid': %props.guid>[]"),
        (
            "<p v-for='(x, i) of xs' v-if='ok'>{{ x.a }} {{ i }}</p>",
            "{each x in %props.xs {<''>[({if %props.ok {<''>[x.a, i]}} None)]}}",
        ),
        ("<p v-for='{ a, b: [c] } in xs' :key='a'>{{ c }}</p>", "{each {'a': a, 'b': [c]} in %props.xs {<''>[c]}}"),
        ("<C v-slot='{ t }'>{{ t }}</C>", "<C>[t]"),
        ("<i v-html='h'/>", "<'i' 'innerHTML': %props.h>[]"),
        ("<input v-model.trim='n'>", "'onUpdate:modelValue': (arrow ($event) {%props.n = $event})"),
        (
            '<p :style="{ a: b }">{{ JSON.stringify(c) }}</p>',
            "<'p' 'style': {'a': %props.b}>[], JSON.stringify(%props.c)",
        ),
        ("<b @click=\"$emit('a', b)\"/>", "%emitter(%props, '')('a', %props.b)"),
    ],
)
def test_markup_of_vue(show: Show, markup: str, found: str) -> None:
    assert found in show("vue", f"<template>{markup}</template><script setup></script>")


def test_options_have_an_instance(show: Show) -> None:
    shown = show(
        "vue",
        "<template><b @click='pay(n)'>{{ n }}</b></template>\n"
        "<script>export const a = 1\nexport default { data() { return { n: 1 } } }</script>",
    )
    assert "const %options = {'data': (method data() {return {'n': 1}})}" in shown
    assert (
        "const %this = %instance(%options, %props); <''>[<'b' 'onClick': (arrow ($event) {%this.pay(%this.n)})>[], %this.n]"
        in shown
    )
    assert "export (a)" in shown
    assert "import ./o(default>%options)" in show("vue", "<script src='./o' /><template><a/></template>")


# ---------------------------------------------------------------- Svelte


def test_a_script_of_svelte(show: Show) -> None:
    shown = show(
        "svelte",
        "<script context='module'>export const load = 1</script>\n<script>import { page } from '$app/stores'\n"
        "export let a\nexport let b = 2\nlet n = 0\n$: d = n * 2\n$: if (n) { f($page.x) }\n$page = n</script>",
    )
    assert shown.startswith(
        "const load = 1; export (load); import $app/stores(page); function main(%props) {let d = None; "
    )
    assert "let {'a': a} = %props; let {'b': b ~ 2} = %props; let n = 0;" in shown
    assert shown.count("if n {f(%unref(page).x)}") == 2, "once in place, once when all has happened"
    assert "page.value = n" in shown
    runes = show("svelte", "<script module>let m</script><script>let { a = 1 } = $props(); let b = $state(a)</script>")
    assert "let {'a': a ~ 1} = %props; let b = $state(a)" in runes


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        (
            "{#if a}<p>{b}</p>{:else if c}{d}{:else}{e}{/if}",
            "if a {<''>[b]}} None), ({if c {<''>[d]}} None), ({if ?otherwise() {<''>[e]}",
        ),
        (
            "{#each xs as { a, b }, i (a)}{a}{i}{:else}{c}{/each}{d}",
            "{each {'a': a, 'b': b} in xs {<''>[a, i, c]}} None), d]",
        ),
        ("{#await p}{a}{:then v}{v.x}{:catch e}{e}{/await}", "let v = await p; <''>[v.x]"),
        ("{#await f(x) then v}{v}{/await}", "let v = await f(x); <''>[v]"),
        (
            "{#snippet row(x)}<b>{x}</b>{/snippet}{@render row(1)}",
            "const row = (arrow row(x) {return <''>[x]}); <''>[row(1)]",
        ),
        ("{@html a}{@const b = c}{b}", "<''>[a, ({let b = c} None), b]"),
        ("{#key a}{b}{/key}", "<''>[a, b]"),
        ("<button onclick={f} on:x|once={() => g(1)}>", "<'button' 'onClick': f 'onX': (arrow () {return g(1)})>[]"),
        (
            "<C onpaid={f} {a} {...b} bind:c d='e {f}' let:g>{g}</C>",
            "<C 'onpaid': f 'a': a *b 'c': c 'onUpdate:c': (arrow ($event) {c = $event}) 'd': `{f}`>[g]",
        ),
        (
            "<input bind:value={a.b} bind:this={el} use:act={x}>",
            "'value': a.b 'onUpdate:value': (arrow ($event) {a.b = $event}) 'use': act(?element(), x)",
        ),
        ("<svelte:component this={A} b={c}/>", "<A 'b': c>[]"),
    ],
)
def test_markup_of_svelte(show: Show, markup: str, found: str) -> None:
    shown = show("svelte", markup)
    assert found in shown


# ---------------------------------------------------------------- Astro


def test_a_component_of_astro(show: Show) -> None:
    shown = show(
        "astro",
        "---\nimport W from './W.vue'\nexport const prerender = false\nconst { a } = Astro.props\n---\n"
        "<W client:load t={a} /><W t={a}>{a}</W>{xs.map((x) => <li>{x} <W t={x} client:idle/></li>)}"
        "<script define:vars={{ a }}>f(a)</script><script>import { g } from './g'\ng()</script>"
        "<script type='application/json' set:html={a}>{}</script>",
    )
    assert shown.startswith("import ./W.vue(default>W); const prerender = False; export (prerender)")
    assert "(arrow a script of the page() {import ./g(g); g()})()" in shown
    assert "const Astro = %astro(%props); const {'a': a} = Astro.props" in shown
    assert "<W 'client:load': True 't': a>[], <W 't': a>[a]" in shown
    assert "xs.map((arrow (x) {return <'li'>[x, <W 't': x 'client:idle': True>[]]}))" in shown
    assert "(arrow a script of the page(a) {f(a)})(a)" in shown


def test_only_what_has_a_directive_goes_to_the_browser() -> None:
    source = b"---\n---\n<A t={x}/><A client:load t={x}/><a t={x}/>{y && <A t={x}/>}{y && <A client:only t={x}/>}"
    found = [node for node in ir.walk(lower("a.astro", source)) if isinstance(node, ir.Element) and node.attributes]
    stays = {source[node.span.start : node.span.end].decode(): node.stays for node in found}
    assert {text for text, held in stays.items() if held} == {"<A t={x}/>"}
    assert len(stays) == 4


# ---------------------------------------------------------------- places, hostile input


def names_at(path: str, source: bytes) -> list[tuple[str, str]]:
    """Every name of the IR with what stands at its place."""
    return [
        (node.id, source[node.span.start : node.span.end].decode("utf-8", "replace"))
        for node in ir.walk(lower(path, source))
        if isinstance(node, ir.Name) and node.id.isidentifier()
    ]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "a.vue",
            "<template>\n <p v-for='é in list' :a='one'>\n  {{ two + `x${three}` }}</p></template>\n<script setup>\nconst four = five, one = 1, two = 2, three = 3\n</script>",
        ),
        (
            "a.svelte",
            "<p>ü {one}</p>\n{#each two as three (three.id)}\n {three}{/each}<script>\nlet four = five</script>",
        ),
        ("a.astro", "---\nconst one = two;\n---\n<p>ß {three}</p>\n{four.map((five) => <b>\n{five}</b>)}"),
    ],
)
def test_names_stand_where_they_are_written(path: str, source: str) -> None:
    data = source.encode()
    words = ("one", "two", "three", "four", "five")
    found = [each for each in names_at(path, data) if each[0] in words]
    assert {name for name, _ in found} >= set(words) - {"four"}
    assert all(name == text for name, text in found)
    for node in ir.walk(lower(path, data)):
        if isinstance(node, ir.Name) and node.id in words:
            before = data[: node.span.start]
            assert node.span.line == before.count(b"\n") + 1
            assert node.span.column == len(before) - (before.rfind(b"\n") + 1)


SIGNS = st.sampled_from(
    ["<script>", "</script>", "<script setup lang='ts'>", "<template>", "</template>", "<A", "</A>", "/>", ">", "{", "}", "{{", "}}", "{#if a}", "{/if}",
     "{:else}", "{#each a as b, i (b)}", "{/each}", "{:then x}", "{#await p}", "{#snippet s(a)}", "{@const a = b}", "{@html a}", "---\n", "<!--", "-->", '"', "'", "`", "\\",
     ' :a="', ' @b="', " v-for='x in y'", " v-if=a", " on:c={d}", " bind:e", " {...f}", " client:load", " define:vars={{g}}", "//", "/*", "*/", "$:", "export let h = 1\n",
     "defineProps()", "$i", "é", "\n", "\r\n", " ", "j", "=", "(", ")", ";", "import k from 'l'\n", "export default {", "<style>", "</", "<"]
)  # fmt: skip


@given(st.sampled_from(SUFFIXES), st.lists(SIGNS, max_size=60).map("".join) | st.text(max_size=80))
@example("vue", "<template><a v-for=' in '/>{{")
@example("vue", "<import k from 'l'\n")
@example("svelte", "<a b='c")
@example("astro", "---\n---\n{<a>{}</a>}")
@example("svelte", "{#each  as }{/each}{#await}{:then}{@const}{#snippet}{/snippet}")
def test_no_source_stops_the_lowering(suffix: str, text: str) -> None:
    source = text.encode("utf-8", "surrogatepass")
    at = 0
    for piece in pieces(source, suffix):
        assert at <= piece.start <= piece.end <= len(source)
        at = piece.start
        for each in piece.attributes:
            assert piece.start <= each.at <= each.start <= each.end <= piece.end
    try:
        module = lower(f"a.{suffix}", source)
    except Unparsed:
        return
    for node in ir.walk(module):
        span = node.span
        assert 0 <= span.start <= span.end <= len(source)
        assert 1 <= span.line <= span.end_line <= source.count(b"\n") + 1


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "unit", ["{", "{{", "<a ", "<a b='", "<A>", "</A>", "'", "\\'", "{'\\'", "<!--", "<script>", "{#if a}", "{`", "/*", "{/*", "<template>", "<i18n>", "{a}", "<A b={c}>"]
)  # fmt: skip
def test_time_is_linear_in_the_size(suffix: str, unit: str) -> None:
    source = f"<template>{unit * 20_000}".encode()
    start = time.process_time()
    assert sum(1 for _ in pieces(source, suffix)) <= 60_000
    assert time.process_time() - start < 3


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_depth_is_bounded(suffix: str) -> None:
    source = f"<template>{'<A v-if=x>{#if a}' * 2_000}{{{{ deep }}}}".encode()
    module = lower(f"a.{suffix}", source)
    assert sum(1 for _ in ir.walk(module)) > 100
