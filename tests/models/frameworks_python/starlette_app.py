from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute

from core import bank_token, fits, post


class Code(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if not fits(request.user, request.headers.get("x-code")):
            return JSONResponse({}, status_code=401)
        return await call_next(request)


@requires("authenticated")
async def signed_in(request):
    return JSONResponse(post(request.user.guid, "/api/transfers"))  # mfa: absent


async def mounted(request):
    return JSONResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced


class Endpoint(HTTPEndpoint):
    async def post(self, request):
        if not fits(request.user, request.headers.get("x-code")):
            raise HTTPException(401)
        return JSONResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced


async def token(request):
    return PlainTextResponse(bank_token())  # exposed


async def socket(websocket):
    await websocket.accept()
    await websocket.send_json({"t": bank_token()})  # exposed


app = Starlette(
    routes=[
        Route("/a", signed_in, methods=["POST"]),
        Mount("/m", routes=[Route("/b", mounted, methods=["POST"])], middleware=[Middleware(Code)]),
        Route("/e", Endpoint),
        Route("/t", token),
        WebSocketRoute("/ws", socket),
    ]
)
