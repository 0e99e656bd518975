"""A realistic result made by hand, with the sources it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cybrid_audit.facts import (
    ApiCall,
    CheckSite,
    CredentialUse,
    EntryKind,
    EntryPoint,
    Facts,
    FileSide,
    GuardState,
    GuardView,
    Location,
    Masked,
    Ownership,
    ScopeRequest,
    Side,
    Skipped,
    SourceKind,
    Step,
    TokenKind,
    TokenMint,
    TokenUse,
    ValueSource,
    Visit,
)
from cybrid_audit.reports import RenderContext, RuleText
from cybrid_audit.result import (
    AuditResult,
    Confidence,
    ControlReport,
    ControlStatus,
    Evidence,
    Finding,
    Level,
    Verdict,
)

# Made up, by a random generator.
SECRET = "q7RzN0vXhW4uLbYt2KcEoMf9PdSgA1jI8wTnU3mZxCk"
CLIENT_ID = "Jt5-Vb0aQm8RyWc_3LxEu7ZkDo1NfHsT9gPiX2wBvKe"
BANK_JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLnNhbmRib3gifQ.b3Vx9wQmT2k7ZrLh"
SECRETS = (SECRET, CLIENT_ID, BANK_JWT)

SOURCES = {
    "src/lib/cybrid/token.ts": f"""\
import {{ env }} from "../env";

const CLIENT_ID = process.env.CYBRID_CLIENT_ID ?? "{CLIENT_ID}";
const CLIENT_SECRET = process.env.CYBRID_CLIENT_SECRET ?? "{SECRET}";

let cached: string | undefined;

export async function bankToken(): Promise<string> {{
  if (cached) return cached;
  const answer = await fetch(`${{env.identityUrl}}/oauth/token`, {{
    method: "POST",
    body: JSON.stringify({{ grant_type: "client_credentials", client_id: CLIENT_ID, client_secret: CLIENT_SECRET }}),
  }});
  console.log("token answer", await answer.clone().text());
  cached = (await answer.json()).access_token;
  return cached!;
}}
""",
    "src/app/api/trades/route.ts": """\
import { cybrid } from "@/lib/cybrid/client";

export async function POST(request: Request) {
  const order = await request.json();
  const quote = await cybrid.post("/api/quotes", { customer_guid: order.customer, side: order.side });
  return Response.json(await cybrid.post("/api/trades", { quote_guid: quote.guid, customer_guid: order.customer }));
}
""",
    "src/app/api/customers/[customerGuid]/accounts/route.ts": """\
export async function GET(_request: Request, { params }: Context) {
\tconst accounts = await cybrid.get(`/api/accounts?customer_guid=${params.customerGuid}&page=0&per_page=100&state=created`);
\tconst transfers = await cybrid.get(`/api/transfers?customer_guid=${params.customerGuid}`);
\treturn Response.json({ accounts, transfers });
}
""",
    "services/payouts/worker.py": """\
@app.task(name="payouts.settle")
def settle(batch: list[Payout]) -> None:
    for payout in batch:
        if not totp.verify(payout.code):
            log.warning("code refused for %s", payout.customer)
        client.post("/api/transfers", json={"customer_guid": payout.customer, "quote_guid": payout.quote})
""",
    "packages/cybrid-kit/src/transfers.ts": """\
export class Transfers {
  constructor(private readonly token: string) {}

  create(body: TransferBody) {
    return http.post("https://bank.production.cybrid.app/api/transfers", body, { headers: { Authorization: `Bearer ${this.token}` } });
  }
}
""",
    "src/lib/cybrid/customer-token.ts": """\
export const customerToken = (customer: string) =>
  identity.post("/api/customer_tokens", {
    customer_guid: customer,
    scopes: ["accounts:read", "accounts:execute", "transfers:read", "transfers:write", "pii:read"],
  });
""",
    "deploy/dev.env": f"CYBRID_CLIENT_ID={CLIENT_ID}\nCYBRID_CLIENT_SECRET={SECRET}\nCYBRID_BANK_TOKEN={BANK_JWT}\n",
    "scripts/ping.sh": 'curl -s http://bank.sandbox.cybrid.app/api/assets -H "Authorization: Bearer $TOKEN"\n',
    "src/pages/\x1b[31mbröken\u202e.tsx": 'useEffect(() => { fetch("/api/token").then(keep) }, []); // \x1b]0;owned\x07\n',
}

RULES = {
    text.id: text
    for text in (
        RuleText(
            id="bank-token-on-customer-endpoint",
            control="AT-1",
            level="required",
            summary="An operation on behalf of one customer may run with a bank token.",
            why=(
                "A bank token reaches every customer of the bank. One wrong or manipulated guid then reads another "
                "customer's data or moves another customer's money; a customer token would stop it at the platform."
            ),
            fix=(
                "Mint a customer token with POST /api/customer_tokens for the customer of the request, with the scopes "
                "of this operation, and send the request with it."
            ),
            markdown="# Bank token on a customer operation\n\nWhat it finds.\n",
            tags=("security", "CWE-863"),
            references=("https://docs.cybrid.xyz/docs/securely-implementing-cybrid",),
        ),
        RuleText(
            id="transaction-without-mfa",
            control="CA-2",
            level="required",
            summary="A trade, transfer or execution runs without a verified second factor.",
            why="Whoever holds a session, or its cookie, can move the customer's money.",
            fix="Verify a second factor on the server before the call, and stop the request when that fails.",
            tags=("CWE-308",),
        ),
        RuleText(
            id="mfa-result-ignored",
            control="CA-2",
            level="required",
            summary="The outcome of a second-factor verification is not enforced.",
            why="The code is checked and the event happens whatever the outcome.",
            fix="Stop the path when the verification fails: return, throw, or put the event into its success branch.",
        ),
        RuleText(
            id="hardcoded-client-secret",
            control="CR-1",
            level="required",
            summary="A client secret stands in the code.",
            why="Whoever can read the repository, or a copy of it, holds the bank's credentials.",
            fix="Revoke the secret, read it from the environment or a secrets manager, and remove it from the history.",
        ),
        RuleText(
            id="over-scoped-customer-token",
            control="AT-2",
            level="recommended",
            summary="A customer token asks for scopes that nothing needs.",
            why="A stolen token can do all its scopes allow.",
            fix="Ask for the scopes in `needed` only.",
        ),
        RuleText(
            id="insecure-transport",
            control="X-TLS",
            level="extra",
            summary="A request to the platform is not protected by TLS.",
            fix="Use https.",
        ),
    )
}


def at(path: str, line: int, column: int = 0, end_line: int = 0, end_column: int = 0) -> Location:
    return Location(path, line, column, end_line or line, end_column)


def finding(rule: str, path: str, line: int, **changes: object) -> Finding:
    """Return a violated finding of high confidence, of the rule's control, with `changes`."""
    text = RULES.get(rule)
    values: dict[str, object] = {
        "rule": rule,
        "control": text.control if text else "AT-1",
        "level": Level(text.level) if text else Level.REQUIRED,
        "verdict": Verdict.VIOLATED,
        "confidence": Confidence.HIGH,
        "message": f"{rule} at {path}",
        "location": at(path, line),
        "fingerprint": f"{rule[:4]}{line:04d}",
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


TOKEN_TS = "src/lib/cybrid/token.ts"
TRADES = "src/app/api/trades/route.ts"
ACCOUNTS = "src/app/api/customers/[customerGuid]/accounts/route.ts"
WORKER = "services/payouts/worker.py"
KIT = "packages/cybrid-kit/src/transfers.ts"
CUSTOMER_TOKEN = "src/lib/cybrid/customer-token.ts"
ODD = "src/pages/\x1b[31mbröken\u202e.tsx"

MINT = TokenMint(
    id="mint-bank-1",
    kind=TokenKind.BANK,
    site=at(TOKEN_TS, 10, 23, 13, 4),
    scopes=ScopeRequest(frozenset({"banks:read", "customers:read", "customers:write", "transfers:execute"}), True),
    side=Side.SERVER,
    operation="POST /oauth/token",
)
CUSTOMER_MINT = TokenMint(
    id="mint-customer-1",
    kind=TokenKind.CUSTOMER,
    site=at(CUSTOMER_TOKEN, 2, 2, 5, 4),
    scopes=ScopeRequest(frozenset({"accounts:read", "accounts:execute", "transfers:read", "pii:read"}), True),
    side=Side.SERVER,
    operation="POST /api/customer_tokens",
)
MINTED = Step(TOKEN_TS, 10, "a bank token is requested with client credentials")
NO_GUARD = GuardView(GuardState.ABSENT)


def visit(kind: EntryKind, name: str, where: Location, state: GuardState) -> Visit:
    check = (CheckSite("mfa", where, "totp.verify"),)
    guard = GuardView(
        state,
        proven=check if state is GuardState.ENFORCED else (),
        ignored=check if state is GuardState.IGNORED else (),
    )
    return Visit(EntryPoint(kind, name, where), guard, NO_GUARD, ())


def call(operation: str, site: Location, *visits: Visit, event: str | None = None, **changes: object) -> ApiCall:
    values: dict[str, object] = {
        "operation": operation,
        "operation_id": "operation",
        "site": site,
        "side": Side.SERVER,
        "tokens": (TokenUse(TokenKind.BANK, frozenset({MINT.id})),),
        "ownership": Ownership.CUSTOMER,
        "is_customer_operation": True,
        "event": event,
        "visits": visits,
    }
    return ApiCall(**{**values, **changes})  # type: ignore[arg-type]


def realistic() -> AuditResult:
    """Return what an audit of `SOURCES` could find."""
    bank = "bank-token-on-customer-endpoint"
    runs = "{} acts for one customer and may run with a bank token, which reaches every customer of the bank."

    def with_bank_token(operation: str, path: str, line: int, column: int) -> Finding:
        return finding(
            bank,
            path,
            line,
            message=runs.format(operation),
            operation=operation,
            location=at(path, line, column, line, column + 40),
            trace=(
                MINTED,
                Step("src/lib/cybrid/client.ts", 22, "it becomes the Authorization header of every request"),
                Step(path, line, f"{operation} runs with the bank token"),
            ),
            root_cause=MINT.id,
        )

    secret = Masked(SECRET[:4], len(SECRET), "5d0c9a7e41b2")
    findings = (
        with_bank_token("POST /api/quotes", TRADES, 5, 22),
        with_bank_token("POST /api/trades", TRADES, 6, 29),
        with_bank_token("GET /api/accounts", ACCOUNTS, 2, 24),
        with_bank_token("GET /api/transfers", ACCOUNTS, 3, 25),
        with_bank_token("POST /api/transfers", WORKER, 6, 8),
        finding(
            "transaction-without-mfa",
            TRADES,
            6,
            message="POST /api/trades is reached from POST /api/trades (Next.js route) with no second factor on the path.",
            operation="POST /api/trades",
            location=at(TRADES, 6, 29, 6, 112),
            trace=(
                Step(TRADES, 3, "a request to POST /api/trades starts here"),
                Step("src/lib/cybrid/client.ts", 31, "through the project's own wrapper `cybrid.post`"),
                Step(TRADES, 6, "the trade is placed; nothing on the way has verified a second factor"),
            ),
        ),
        finding(
            "transaction-without-mfa",
            KIT,
            5,
            verdict=Verdict.UNPROVEN,
            message=(
                "POST /api/transfers is made by a library function that nobody calls here. Whether its callers verify a "
                "second factor is unknown; audit the code base that uses it, or declare the guard in the configuration."
            ),
            operation="POST /api/transfers",
            trace=(Step(KIT, 5, "the transfer is made here"),),
        ),
        finding(
            "mfa-result-ignored",
            WORKER,
            4,
            confidence=Confidence.MEDIUM,
            message="`totp.verify` may fail and POST /api/transfers happens all the same: the failure is only logged.",
            operation="POST /api/transfers",
            trace=(
                Step(WORKER, 2, "the queue consumer payouts.settle starts here"),
                Step(WORKER, 4, "the second factor is verified"),
                Step(WORKER, 6, "POST /api/transfers runs on the failing branch too"),
            ),
        ),
        finding(
            "hardcoded-client-secret",
            TOKEN_TS,
            4,
            message=f"The default of CYBRID_CLIENT_SECRET is a real-looking secret: {secret}.",
            trace=(
                Step(TOKEN_TS, 4, "the literal stands here"),
                Step(TOKEN_TS, 10, "it is sent to POST /oauth/token"),
            ),
            data={"secret_id": secret.digest},
            root_cause=f"secret-{secret.digest}",
        ),
        finding(
            "hardcoded-client-secret",
            "deploy/dev.env",
            2,
            message=f"The value of CYBRID_CLIENT_SECRET is a real-looking secret: {secret}.",
            trace=(Step("deploy/dev.env", 2, "the literal stands here"),),
            data={"secret_id": secret.digest},
            root_cause=f"secret-{secret.digest}",
        ),
        finding(
            "over-scoped-customer-token",
            CUSTOMER_TOKEN,
            4,
            message="The customer token asks for transfers:write, which no operation it reaches needs.",
            data={
                "requested": ["accounts:execute", "accounts:read", "transfers:read", "transfers:write"],
                "needed": ["accounts:execute", "accounts:read", "transfers:read"],
                "excess": ["transfers:write"],
            },
        ),
        finding(
            "insecure-transport",
            "scripts/ping.sh",
            1,
            message="http://bank.sandbox.cybrid.app is asked without TLS.",
            operation="GET /api/assets",
        ),
        finding(
            "platform-token-exposed",
            ODD,
            1,
            message="A bank token reaches the browser \x1b[2Jthrough GET /api/token.",
            confidence=Confidence.LOW,
            trace=(MINTED, Step(ODD, 1, "the page \x1b[1mkeeps it\n")),
        ),
        finding(
            "unproven-token-on-customer-endpoint",
            KIT,
            5,
            verdict=Verdict.UNPROVEN,
            message="The token of POST /api/transfers is the parameter `token` of a constructor that nobody calls here.",
            operation="POST /api/transfers",
        ),
    )
    route = visit(EntryKind.HTTP_ROUTE, "POST /api/trades", at(TRADES, 3), GuardState.ABSENT)
    admin = visit(EntryKind.HTTP_ROUTE, "POST /admin/trades", at("src/app/admin/route.ts", 8), GuardState.ENFORCED)
    task = visit(EntryKind.QUEUE_CONSUMER, "payouts.settle", at(WORKER, 2), GuardState.IGNORED)
    library = visit(EntryKind.LIBRARY, "Transfers.create", at(KIT, 4), GuardState.UNPROVEN)
    unknown = (TokenUse(TokenKind.UNKNOWN, origin="parameter `token`"),)
    customer = (TokenUse(TokenKind.CUSTOMER, frozenset({CUSTOMER_MINT.id})), *unknown)
    transaction = "customer_transaction"
    facts = Facts(
        calls=(
            call("POST /api/quotes", at(TRADES, 5, 22), route),
            call("POST /api/trades", at(TRADES, 6, 29), admin, route, event=transaction),
            call("GET /api/accounts", at(ACCOUNTS, 2, 24), tokens=customer),
            call("POST /api/transfers", at(WORKER, 6, 8), task, event=transaction),
            call("POST /api/transfers", at(KIT, 5, 11), library, event=transaction, tokens=unknown),
            call("POST /oauth/token", at(TOKEN_TS, 10, 23), tokens=()),
        ),
        mints=(MINT, CUSTOMER_MINT),
        credentials=(
            CredentialUse(
                "client_secret",
                (
                    ValueSource(SourceKind.ENVIRONMENT, "CYBRID_CLIENT_SECRET", at(TOKEN_TS, 4, 22)),
                    ValueSource(SourceKind.LITERAL, "CLIENT_SECRET", at(TOKEN_TS, 4, 60), masked=secret),
                ),
                at(TOKEN_TS, 10, 23),
                Side.SERVER,
            ),
        ),
        integrates=True,
        sides=(FileSide(ACCOUNTS, Side.SERVER, "imports next/headers"), FileSide(WORKER, Side.SERVER, "Python")),
    )
    return AuditResult(
        root="/somewhere/harbour-wallet",
        findings=findings,
        facts=facts,
        controls=controls(),
        scanned=412,
        relevant=23,
        skipped=(
            Skipped("public/vendor/bundle.js", "larger than 2 MB"),
            Skipped("src/legacy/\x1b[7mold.py", "syntax error in line 12: 3 of 9 statements were left out"),
        ),
    )


STATEMENTS = {
    "AT-1": "A request made on behalf of one customer carries a token minted for that customer, so that a mistake or "
    "an attack cannot reach another one.",
    "AT-2": "A customer token asks for the scopes that its operations need and no others.",
    "CR-1": "The client id and client secret live on the server only and are in no code repository.",
    "CR-2": "They come from environment variables set by the deploy pipeline, or from a secrets manager.",
    "CR-3": "They are stored encrypted, never in plain text.",
    "CR-4": "Only the few people and processes that must have them can read them.",
    "CA-1": "Creating a customer account involves multi-factor authentication.",
    "CA-2": "Every customer transaction involves multi-factor authentication.",
    "CA-3": "The customer's email address is verified when the account is created.",
    "CA-4": "Logins after account creation involve multi-factor authentication.",
    "X-TLS": "Every request to the platform uses HTTPS with TLS 1.2 or newer.",
    "X-HOOK": "The signature of every webhook is verified.",
}


KINDS = {
    ControlStatus.VIOLATED: "broken",
    ControlStatus.UNPROVEN: "open",
    ControlStatus.SATISFIED: "proven",
    ControlStatus.ATTESTED: "attested",
}


def controls() -> tuple[ControlReport, ...]:
    status = {
        "AT-1": (ControlStatus.VIOLATED, 7),
        "AT-2": (ControlStatus.VIOLATED, 1),
        "CR-1": (ControlStatus.VIOLATED, 2),
        "CR-2": (ControlStatus.SATISFIED, 1),
        "CR-4": (ControlStatus.ATTESTED, 1),
        "CA-2": (ControlStatus.VIOLATED, 3),
        "CA-4": (ControlStatus.UNPROVEN, 1),
        "X-TLS": (ControlStatus.VIOLATED, 1),
    }
    required = {"AT-1", "CR-1", "CA-1", "CA-2"}
    reports = []
    for control, statement in STATEMENTS.items():
        found, count = status.get(control, (ControlStatus.NOT_APPLICABLE, 0))
        level = Level.EXTRA if control.startswith("X-") else Level.RECOMMENDED
        kind = KINDS.get(found, "note")
        evidence = tuple(Evidence(kind, f"what is at place {n}", TRADES, n) for n in range(1, count + 1))
        if control == "CA-4":
            evidence += (Evidence("note", "Logins are left to an identity provider: attest that it asks for MFA."),)
        reports.append(
            ControlReport(control, Level.REQUIRED if control in required else level, found, statement, evidence)
        )
    return tuple(reports)


def empty() -> AuditResult:
    """Return what an audit of an unrelated code base finds: nothing, and no control applies."""
    plain = tuple(
        ControlReport(report.id, report.level, ControlStatus.NOT_APPLICABLE, report.statement) for report in controls()
    )
    return AuditResult("/somewhere/else", (), Facts(), plain, scanned=1, relevant=0, skipped=())


def read_lines(path: str) -> list[str]:
    return SOURCES.get(path, "").splitlines()


CONTEXT = RenderContext(version="0.0.0", rules=RULES, lines=read_lines)


@pytest.fixture
def result() -> AuditResult:
    return realistic()


@pytest.fixture
def nothing() -> AuditResult:
    return empty()


@pytest.fixture
def context() -> RenderContext:
    return CONTEXT


@pytest.fixture
def secrets() -> tuple[str, ...]:
    return SECRETS


@pytest.fixture
def make() -> Callable[..., Any]:
    """Make a finding: `make(rule, path, line, **changes)`."""
    return finding
