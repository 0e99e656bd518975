"""Measures a cold scan of a large repository against other tools, all in one run on one machine.

    python benchmarks/monorepo.py [--files 20000] [--relevant 40] [--runs 5] [--keep DIR]

It generates a monorepo (TypeScript workspaces and Python services; few of its files integrate with the platform), commits it,
and prints the ratios of `cybrid-audit scan` to `git grep -il cybrid` and, where they are installed, to semgrep with five rules
that look for the same calls and to gitleaks. Figures are medians of several runs with warm file caches; only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from typing import Final

NOUNS: Final = (
    "invoice",
    "order",
    "ledger",
    "parcel",
    "tenant",
    "badge",
    "catalog",
    "payroll",
    "roster",
    "shipment",
    "voucher",
    "asset",
    "policy",
    "region",
    "vendor",
    "ticket",
    "report",
    "meter",
    "cart",
    "quote",
)
VERBS: Final = (
    "load",
    "save",
    "merge",
    "render",
    "validate",
    "format",
    "publish",
    "archive",
    "restore",
    "assign",
    "split",
    "rank",
    "filter",
    "group",
    "index",
)
WORDS: Final = [
    "the",
    "amount",
    "of",
    "each",
    "row",
    "is",
    "kept",
    "until",
    "its",
    "owner",
    "closes",
    "the",
    "period",
    "and",
    "every",
    "change",
    "after",
    "that",
    "is",
    "written",
    "to",
    "a",
    "journal",
]


class Generator:
    """Writes one repository. The same seed gives the same bytes."""

    def __init__(self, root: str, seed: int = 7) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.count = 0

    def write(self, path: str, text: str) -> None:
        """Write one file."""
        place = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        self.count += 1

    def name(self) -> str:
        """Return a made-up identifier."""
        pick = self.random.choice
        return f"{pick(VERBS)}{pick(NOUNS).capitalize()}{self.random.randrange(100)}"

    def sentence(self) -> str:
        """Return some words."""
        return " ".join(self.random.choices(WORDS, k=self.random.randrange(6, 16)))

    # ------------------------------------------------------------ filler

    def typescript(self, imports: list[str]) -> str:
        """Return a TypeScript module."""
        lines = [f"import {{ {self.name()} }} from '{each}';" for each in imports]
        lines += [
            "",
            f"/** {self.sentence()} */",
            f"export interface {self.name().capitalize()} {{ id: string; amount: number; owner?: string }}",
            "",
        ]
        for _ in range(self.random.randrange(4, 14)):
            name, item = self.name(), self.random.choice(NOUNS)
            lines += [
                f"// {self.sentence()}",
                f"export async function {name}({item}: Row, options: Options = {{}}): Promise<Row[]> {{",
                f"  const rows = await db.select('{item}').where({{ tenant: {item}.owner, state: '{self.random.choice(VERBS)}' }});",
                f"  if (!rows.length) throw new NotFound(`no {item} for ${{{item}.id}}`);",
                f"  const total = rows.reduce((sum, each) => sum + each.amount * {self.random.randrange(2, 90)}, 0);",
                f"  logger.info({{ total, count: rows.length }}, '{self.sentence()}');",
                "  return rows.filter((each) => each.amount > (options.threshold ?? 0)).map((each) => ({ ...each, total }));",
                "}",
                "",
            ]
        return "\n".join(lines)

    def tsx(self, imports: list[str]) -> str:
        """Return a component."""
        name = self.name().capitalize()
        rows = "\n".join(
            f"      <Row label=\"{self.sentence()}\" value={{props.{self.random.choice(NOUNS)}}} onSelect={{() => select('{self.name()}')}} />"
            for _ in range(self.random.randrange(6, 24))
        )
        head = "\n".join(f"import {self.name().capitalize()} from '{each}';" for each in imports)
        return f"import React, {{ useState }} from 'react';\n{head}\n\nexport function {name}(props: Props) {{\n  const [open, setOpen] = useState(false);\n  return (\n    <Panel open={{open}} onToggle={{setOpen}}>\n{rows}\n    </Panel>\n  );\n}}\n"

    def python(self, imports: list[str]) -> str:
        """Return a Python module."""
        lines = [
            f'"""{self.sentence().capitalize()}."""',
            "",
            "from __future__ import annotations",
            "",
            "import logging",
            "from decimal import Decimal",
            "",
        ]
        lines += [f"from {each} import {self.name().lower()}" for each in imports]
        lines += ["", "logger = logging.getLogger(__name__)", ""]
        for _ in range(self.random.randrange(4, 14)):
            name, item = self.name().lower(), self.random.choice(NOUNS)
            lines += [
                "",
                f"def {name}({item}: dict, *, threshold: int = {self.random.randrange(99)}) -> list[dict]:",
                f'    """{self.sentence().capitalize()}."""',
                f'    rows = [row for row in {item}["rows"] if row["amount"] > threshold]',
                "    if not rows:",
                f"        raise LookupError(f\"no {item} for {{{item}['id']}}\")",
                '    total = sum(Decimal(row["amount"]) for row in rows)',
                f'    logger.info("{self.sentence()}: %s", total)',
                "    return [dict(row, total=total) for row in rows]",
                "",
            ]
        return "\n".join(lines)

    def other(self, kind: str) -> str:
        """Return a file of another kind."""
        if kind == "json":
            return json.dumps({self.name(): self.sentence() for _ in range(self.random.randrange(10, 60))}, indent=2)
        if kind == "css":
            return "\n".join(
                f".{self.name()} {{ margin: {self.random.randrange(40)}px; color: #3{self.random.randrange(10, 99)}; }}"
                for _ in range(self.random.randrange(10, 90))
            )
        return "\n\n".join(self.sentence() for _ in range(self.random.randrange(10, 60)))

    # ------------------------------------------------------------ the repository

    def run(self, files: int, relevant: int) -> None:
        """Write about `files` files, of which `relevant` integrate with the platform."""
        self.write(
            "package.json",
            json.dumps({"name": "mono", "private": True, "workspaces": ["apps/*", "packages/*", "services/*"]}),
        )
        self.write(
            "tsconfig.base.json",
            json.dumps({"compilerOptions": {"baseUrl": ".", "paths": {"@mono/*": ["packages/*/src"]}}}),
        )
        self.write(".gitignore", "node_modules/\n__pycache__/\n.env\n")
        half = relevant // 2
        self.integration_typescript(half)
        self.integration_python(relevant - half)
        packages = [f"packages/{noun}-{number}" for number in range(6) for noun in NOUNS]
        apps = [f"apps/{noun}-web" for noun in NOUNS[:12]]
        services = [f"services/{noun}-api" for noun in NOUNS[:14]]
        python = [f"python/{noun}" for noun in NOUNS[:16]]
        for place in packages + apps + services:
            depends = (
                {"react": "18"}
                if place.startswith("apps")
                else {"express": "4"}
                if place.startswith("services")
                else {"lodash": "4"}
            )
            self.write(
                f"{place}/package.json",
                json.dumps(
                    {"name": f"@mono/{place.rpartition('/')[2]}", "main": "src/index.ts", "dependencies": depends}
                ),
            )
            self.write(f"{place}/tsconfig.json", json.dumps({"extends": "../../tsconfig.base.json"}))
            self.write(f"{place}/src/index.ts", "\n".join(f"export * from './{noun}';" for noun in NOUNS[:5]))
        for place in python:
            self.write(
                f"{place}/pyproject.toml",
                f'[project]\nname = "{place.rpartition("/")[2]}"\ndependencies = ["django", "pydantic"]\n',
            )
            self.write(f"{place}/src/{place.rpartition('/')[2]}/__init__.py", "")
        while self.count < files:
            dice = self.random.random()
            if dice < 0.42:
                place = self.random.choice(packages + services)
                imports = [
                    f"./{self.random.choice(NOUNS)}/{self.name()}",
                    f"@mono/{self.random.choice(packages).rpartition('/')[2]}",
                    "lodash",
                    "../config",
                ]
                self.write(
                    f"{place}/src/{self.random.choice(NOUNS)}/{self.name()}.ts",
                    self.typescript(imports[: self.random.randrange(1, 5)]),
                )
            elif dice < 0.6:
                place = self.random.choice(apps)
                imports = [
                    f"../{self.random.choice(NOUNS)}/{self.name()}",
                    f"@mono/{self.random.choice(packages).rpartition('/')[2]}",
                    "./styles",
                ]
                self.write(
                    f"{place}/src/components/{self.random.choice(NOUNS)}/{self.name()}.tsx",
                    self.tsx(imports[: self.random.randrange(1, 4)]),
                )
            elif dice < 0.8:
                place = self.random.choice(python)
                top = place.rpartition("/")[2]
                imports = [f"{top}.{self.random.choice(NOUNS)}", f".{self.random.choice(VERBS)}", "django.db"]
                self.write(
                    f"{place}/src/{top}/{self.random.choice(NOUNS)}/{self.name().lower()}.py",
                    self.python(imports[: self.random.randrange(1, 4)]),
                )
            else:
                kind = self.random.choice(["json", "css", "md"])
                self.write(f"{self.random.choice(packages + apps)}/assets/{self.name()}.{kind}", self.other(kind))

    def integration_typescript(self, files: int) -> None:
        """Write a service that calls the platform."""
        place = "services/custody-api"
        self.write(
            f"{place}/package.json",
            json.dumps(
                {"name": "@mono/custody-api", "main": "src/index.ts", "dependencies": {"express": "4", "otplib": "12"}}
            ),
        )
        self.write(f"{place}/tsconfig.json", json.dumps({"extends": "../../tsconfig.base.json"}))
        self.write(
            f"{place}/src/platform/token.ts",
            textwrap.dedent("""\
            let cached: { token: string; until: number } | undefined;

            export async function bankToken(scopes: string[]): Promise<string> {
              if (cached && cached.until > Date.now()) return cached.token;
              const answer = await fetch('https://id.sandbox.cybrid.app/oauth/token', {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify({
                  grant_type: 'client_credentials',
                  client_id: process.env.CYBRID_CLIENT_ID,
                  client_secret: process.env.CYBRID_CLIENT_SECRET,
                  scope: scopes.join(' '),
                }),
              });
              const body = await answer.json();
              cached = { token: body.access_token, until: Date.now() + body.expires_in * 1000 };
              return cached.token;
            }

            export async function customerToken(customer: string, scopes: string[]): Promise<string> {
              const answer = await fetch('https://id.sandbox.cybrid.app/api/customer_tokens', {
                method: 'POST',
                headers: { authorization: `Bearer ${await bankToken(['customers:read', 'customers:write'])}`, 'content-type': 'application/json' },
                body: JSON.stringify({ customer_guid: customer, scopes }),
              });
              return (await answer.json()).access_token;
            }
            """),
        )
        self.write(
            f"{place}/src/platform/client.ts",
            textwrap.dedent("""\
            export async function platform<T>(path: string, token: string, body?: unknown): Promise<T> {
              const answer = await fetch(`${process.env.CYBRID_BANK_URL ?? 'https://bank.sandbox.cybrid.app'}${path}`, {
                method: body ? 'POST' : 'GET',
                headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
                body: body ? JSON.stringify(body) : undefined,
              });
              if (!answer.ok) throw new Error(`platform answered ${answer.status}`);
              return answer.json();
            }
            """),
        )
        self.write(
            f"{place}/src/mfa.ts",
            textwrap.dedent("""\
            import { authenticator } from 'otplib';

            export function requireOtp(request, response, next) {
              if (!authenticator.check(request.body.code, request.user.otpSecret)) return response.status(403).end();
              next();
            }
            """),
        )
        names = [f"desk{number}" for number in range(files - 4)]
        for number, name in enumerate(names):
            guard = "requireOtp, " if number % 3 else ""
            token = (
                "await customerToken(request.user.guid, ['trades:execute', 'trades:read'])"
                if number % 2
                else "await bankToken(['trades:execute'])"
            )
            self.write(
                f"{place}/src/routes/{name}.ts",
                textwrap.dedent(f"""\
                import {{ Router }} from 'express';
                import {{ bankToken, customerToken }} from '../platform/token';
                import {{ platform }} from '../platform/client';
                import {{ requireOtp }} from '../mfa';

                export const router = Router();

                router.post('/{name}/trades', {guard}async (request, response) => {{
                  const token = {token};
                  const trade = await platform('/api/trades', token, {{ quote_guid: request.body.quote }});
                  response.json(trade);
                }});

                router.get('/{name}/accounts', async (request, response) => {{
                  const token = await customerToken(request.user.guid, ['accounts:read']);
                  response.json(await platform(`/api/accounts?customer_guid=${{request.user.guid}}`, token));
                }});
                """)
                + self.typescript([])[:2500],
            )
        mounts = "\n".join(f"app.use(require('./routes/{name}').router);" for name in names)
        self.write(
            f"{place}/src/index.ts",
            f"import express from 'express';\n\nconst app = express();\n{mounts}\napp.listen(3000);\n",
        )

    def integration_python(self, files: int) -> None:
        """Write a Python service that calls the platform."""
        place, top = "python/onramp", "onramp"
        self.write(
            f"{place}/pyproject.toml", '[project]\nname = "onramp"\ndependencies = ["fastapi", "httpx", "pyotp"]\n'
        )
        self.write(f"{place}/src/{top}/__init__.py", "")
        self.write(
            f"{place}/src/{top}/platform.py",
            textwrap.dedent('''\
            """Talks to the platform."""

            import os

            import httpx

            ID = "https://id.sandbox.cybrid.app"
            BANK = "https://bank.sandbox.cybrid.app"


            async def bank_token(scopes):
                async with httpx.AsyncClient(base_url=ID) as client:
                    answer = await client.post("/oauth/token", json={
                        "grant_type": "client_credentials",
                        "client_id": os.environ["CYBRID_CLIENT_ID"],
                        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
                        "scope": " ".join(scopes),
                    })
                    return answer.json()["access_token"]


            async def customer_token(guid, scopes):
                async with httpx.AsyncClient(base_url=ID) as client:
                    bearer = await bank_token(["customers:read", "customers:write"])
                    answer = await client.post(
                        "/api/customer_tokens",
                        json={"customer_guid": guid, "scopes": scopes},
                        headers={"Authorization": f"Bearer {bearer}"},
                    )
                    return answer.json()["access_token"]


            async def call(method, path, token, **kwargs):
                async with httpx.AsyncClient(base_url=BANK) as client:
                    return (await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **kwargs)).json()
            '''),
        )
        self.write(
            f"{place}/src/{top}/otp.py",
            textwrap.dedent("""\
            import pyotp
            from fastapi import HTTPException, Request


            async def require_otp(request: Request):
                if not pyotp.TOTP(request.state.user.secret).verify((await request.json())["code"]):
                    raise HTTPException(403)
            """),
        )
        names = [f"flow{number}" for number in range(files - 4)]
        for number, name in enumerate(names):
            depends = ", dependencies=[Depends(require_otp)]" if number % 3 else ""
            token = (
                'await customer_token(body["customer"], ["transfers:execute"])'
                if number % 2
                else 'await bank_token(["transfers:execute"])'
            )
            self.write(
                f"{place}/src/{top}/{name}.py",
                textwrap.dedent(f"""\
                from fastapi import APIRouter, Depends

                from onramp.otp import require_otp
                from onramp.platform import bank_token, call, customer_token

                router = APIRouter()


                @router.post("/{name}/transfers"{depends})
                async def transfer(body: dict):
                    token = {token}
                    return await call("POST", "/api/transfers", token, json={{"quote_guid": body["quote"], "transfer_type": "funding"}})


                @router.get("/{name}/prices")
                async def prices():
                    return await call("GET", "/api/prices", await bank_token(["prices:read"]))
                """),
            )
        mounts = "\n".join(f"app.include_router({name}.router)" for name in names)
        self.write(
            f"{place}/src/{top}/main.py",
            f"from fastapi import FastAPI\n\nfrom onramp import {', '.join(names)}\n\napp = FastAPI()\n{mounts}\n",
        )


SEMGREP_RULES: Final = """\
rules:
  - {id: mint, languages: [typescript, javascript, python], severity: ERROR, message: mint, pattern: '"=~/oauth.token/"'}
  - {id: trade, languages: [typescript, javascript, python], severity: ERROR, message: trade, pattern: '"=~/api.trades/"'}
  - {id: transfer, languages: [typescript, javascript, python], severity: ERROR, message: transfer, pattern: '"=~/api.transfers/"'}
  - {id: fetch, languages: [typescript, javascript], severity: ERROR, message: call, pattern: 'fetch("=~/cybrid/", ...)'}
  - {id: secret, languages: [typescript, javascript], severity: ERROR, message: secret, pattern: '{..., client_secret: "...", ...}'}
"""


def measure(command: list[str], cwd: str, runs: int) -> tuple[float, int, int]:
    """Return the median seconds of several runs, the highest resident size in KB, and the last exit status."""
    times, peak, status = [], 0, 0
    environment = {**os.environ, "SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = status = os.waitstatus_to_exitcode(code)
        times.append(time.perf_counter() - start)
        peak = max(peak, usage.ru_maxrss)
    return statistics.median(times), peak, status


def engine_times(root: str) -> list[float]:
    """Return the milliseconds that the engine takes per relevant file, one figure a run; empty while it cannot be told."""
    code = (
        "import sys, time\n"
        "from cybrid_audit.project import Config, open_project\n"
        "start = time.perf_counter(); project = open_project(sys.argv[1], Config()); opened = time.perf_counter()\n"
        "from cybrid_audit.engine import analyse\n"
        "imported = time.perf_counter(); analyse(project); done = time.perf_counter()\n"
        "print((done - imported) * 1000 / max(1, len(project.relevant)), len(project.relevant), (opened - start) * 1000)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True, check=False)
    return [float(each) for each in done.stdout.split()] if done.returncode == 0 else []


def report(root: str, runs: int, say: Callable[[str], None]) -> None:
    """Measure and print."""
    grep, _, _ = measure(["git", "grep", "-il", "cybrid"], root, runs)
    say(f"git grep -il cybrid      {grep:8.3f} s   (1.0×)")
    scan = [sys.executable, "-m", "cybrid_audit", "scan", "--format", "json", "."]
    seconds, peak, status = measure(scan, root, runs)
    say(
        f"cybrid-audit scan        {seconds:8.3f} s   {seconds / grep:5.1f}×   peak {peak / 1024:.0f} MB   exit {status}"
    )
    engine = engine_times(root)
    if engine:
        say(
            f"engine                   {engine[0]:8.1f} ms per relevant file ({engine[1]:.0f} of them; opening took {engine[2]:.0f} ms)"
        )
    if shutil.which("semgrep"):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as rules:
            rules.write(SEMGREP_RULES)
        command = [
            "semgrep",
            "scan",
            "--metrics=off",
            "--disable-version-check",
            "--quiet",
            "--config",
            rules.name,
            ".",
        ]
        other, _, status = measure(command, root, max(1, runs // 3))
        os.unlink(rules.name)
        say(
            f"semgrep, five rules      {other:8.3f} s   {other / grep:5.1f}×   {other / seconds:.1f}× the scan   exit {status}"
        )
    if shutil.which("gitleaks"):
        other, _, status = measure(["gitleaks", "dir", "--no-banner", "."], root, max(1, runs // 3))
        say(
            f"gitleaks                 {other:8.3f} s   {other / grep:5.1f}×   {other / seconds:.1f}× the scan   exit {status}"
        )


def main() -> None:
    """Generate, commit, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--relevant", type=int, default=40)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--keep", metavar="DIR", help="write the repository there and keep it; used again when it exists"
    )
    options = parser.parse_args()
    root = options.keep or tempfile.mkdtemp(prefix="cybrid-audit-monorepo-")
    try:
        if not os.path.isdir(os.path.join(root, ".git")):
            generator = Generator(root)
            generator.run(options.files, options.relevant)
            git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "gc.auto=0"]
            for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "generated"]):
                subprocess.run([*git, *command], cwd=root, check=True)
        size = int(subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, check=True).stdout.count(b"\n"))
        print(f"{size:,} files, {options.relevant} of them integrate with the platform")
        report(root, options.runs, lambda line: print(line, flush=True))
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
