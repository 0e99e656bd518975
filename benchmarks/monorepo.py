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
from typing import Final, NamedTuple

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


class Measured(NamedTuple):
    """Median seconds of several runs, the highest resident size in KB, the last exit status."""

    seconds: float
    peak: int
    status: int


def measure(commands: dict[str, list[str]], cwd: str, runs: int) -> dict[str, Measured]:
    """Run the commands in turn, so that what else the machine does falls on all of them alike."""
    environment = {**os.environ, "SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    times: dict[str, list[float]] = {name: [] for name in commands}
    last = dict.fromkeys(commands, (0, 0))
    for _ in range(runs):
        for name, command in commands.items():
            start = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
            )
            _, code, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(code)
            times[name].append(time.perf_counter() - start)
            last[name] = (max(last[name][0], usage.ru_maxrss), process.returncode)
    return {name: Measured(statistics.median(times[name]), *last[name]) for name in commands}


ENGINE: Final = """
import sys, time
from cybrid_audit.engine import analyse
from cybrid_audit.knowledge import load
from cybrid_audit.project import Config, open_project
start = time.perf_counter()
project = open_project(sys.argv[1], Config())
opened = time.perf_counter()
analyse(project, load())
done = time.perf_counter()
print(len(project.relevant), (opened - start) * 1000, (done - opened) * 1000)
"""


def engine_times(root: str, runs: int) -> tuple[int, float, float]:
    """Return the number of relevant files, and the median milliseconds that opening the project and the engine take."""
    rows = []
    for _ in range(runs):
        command = [sys.executable, "-c", ENGINE, root]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append([float(each) for each in done.stdout.split()])
    count, opening, engine = (statistics.median(row[index] for row in rows) for index in range(3))
    return int(count), opening, engine


def report(root: str, runs: int, say: Callable[[str], None]) -> None:
    """Measure and print."""
    fast = {
        "git grep -il cybrid": ["git", "grep", "-il", "cybrid"],
        "cybrid-audit scan": [sys.executable, "-m", "cybrid_audit", "scan", "--format", "json", "."],
    }
    found = measure(fast, root, runs)
    if found["cybrid-audit scan"].status not in (0, 1, 3):
        # A crash is fast, and its time says nothing.
        raise SystemExit(f"the scan ended with status {found['cybrid-audit scan'].status}; run it by hand to see why")
    grep, scan = found["git grep -il cybrid"].seconds, found["cybrid-audit scan"].seconds
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as rules:
        rules.write(SEMGREP_RULES)
        rules.flush()
        slow = {
            "semgrep": ["scan", "--metrics=off", "--disable-version-check", "--quiet", "--config", rules.name, "."],
            "gitleaks": ["dir", "--no-banner", "."],
        }
        installed = {name: [name, *arguments] for name, arguments in slow.items() if shutil.which(name)}
        found |= measure(installed, root, max(1, runs // 3))
    for name, each in found.items():
        against = f"{each.seconds / scan:6.1f}× the scan" if name in slow else ""
        say(
            f"{name:22}{each.seconds:8.3f} s {each.seconds / grep:6.1f}× git grep   "
            f"peak {each.peak / 1024:4.0f} MB   exit {each.status} {against}"
        )
    count, opening, engine = engine_times(root, runs)
    say(f"  finding what matters{opening / 1000:8.3f} s {opening / 1000 / grep:6.1f}×")
    say(f"  engine              {engine / 1000:8.3f} s {engine / count:6.1f} ms for each of {count} relevant files")


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
