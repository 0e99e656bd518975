from contextlib import asynccontextmanager

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware

from core import bank_token, fits, post


class Code(BaseHTTPMiddleware):
    def __init__(self, app, header):
        super().__init__(app)
        self.header = header

    async def dispatch(self, request, call_next):
        if not fits(request.state.user, request.headers.get(self.header)):
            return JSONResponse({}, status_code=401)
        return await call_next(request)


class Pure:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and not fits(scope["user"], scope["headers"].get("x-code")):
            await JSONResponse({}, status_code=401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


@asynccontextmanager
async def lifespan(app):
    app.state.bank = bank_token()
    yield {"other": bank_token()}


first = FastAPI(lifespan=lifespan)
first.add_middleware(Code, header="X-Code")
second = FastAPI()
second.add_middleware(Pure)
third = FastAPI()


@third.middleware("http")
async def logs(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Time"] = "1"
    return response


@third.on_event("startup")
async def startup():
    third.state.bank = bank_token()


def later(guid):
    post(guid, "/api/transfers")  # mfa: enforced


@first.post("/a")
async def a(request: Request, tasks: BackgroundTasks):
    tasks.add_task(later, request.state.user.guid)
    return {"bank": request.app.state.bank}  # exposed


@second.post("/b")
async def b(guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


@third.post("/c")
async def c(guid: str):
    return post(guid, "/api/transfers")  # mfa: absent


@third.get("/d")
async def d():
    return third.state.bank  # exposed


sub = FastAPI()


@sub.post("/e")
async def e(guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


first.mount("/sub", sub)
