"""Routers built by functions and classes, dependencies that are methods, overrides, exception handlers."""

from functools import lru_cache, partial

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Request, WebSocket, status
from fastapi.security import APIKeyHeader

from core import bank_token, ensure, fits, post


class Auth:
    def __init__(self, header: str):
        self.header = header

    async def strong(self, request: Request):
        user = find_user(request)
        if not fits(user, request.headers.get(self.header)):
            raise HTTPException(status.HTTP_401_UNAUTHORIZED)
        return user

    def weak(self, request: Request):
        return find_user(request)


auth = Auth("X-Code")


def build(kind: str) -> APIRouter:
    router = APIRouter(prefix=f"/{kind}")

    @router.post("/pay")
    async def pay(user=Depends(auth.strong)):
        return post(user.guid, "/api/transfers")  # mfa: enforced

    @router.post("/weak")
    async def weak(user=Depends(auth.weak)):
        return post(user.guid, "/api/transfers")  # mfa: absent

    return router


class Routes:
    def __init__(self, service):
        self.service = service
        self.router = APIRouter()
        self.router.add_api_route("/held", self.held, methods=["POST"], dependencies=[Depends(auth.strong)])

    async def held(self, guid: str):
        return self.service(guid, "/api/transfers")  # mfa: enforced


@lru_cache
def get_app() -> FastAPI:
    app = FastAPI()

    @app.exception_handler(PermissionError)
    async def refused(request, error):
        return {"detail": "no"}

    app.include_router(build("a"))
    app.include_router(Routes(post).router)
    app.add_api_route("/partial", partial(by_partial, path="/api/transfers"), methods=["POST"])
    return app


def by_partial(request: Request, path: str):
    ensure(find_user(request), request.headers.get("x-code"))
    return {"ok": True}


app = get_app()


@app.post("/form")
def form(code: str = Form(...), user=Depends(auth.weak)):
    ensure(user, code)
    return post(user.guid, "/api/transfers")  # mfa: enforced


@app.get("/grant")
def grant(response_model=None):
    grant = {"bank": bank_token()}
    return grant  # exposed
