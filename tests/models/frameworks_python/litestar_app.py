from litestar import Controller, Litestar, Router, get, post as post_route
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler

from core import bank_token, fits, post


def code(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    if not fits(connection.user, connection.headers.get("x-code")):
        raise NotAuthorizedException()


async def verified(request) -> object:
    if not fits(request.user, request.headers.get("x-code")):
        raise NotAuthorizedException()
    return request.user


class Payments(Controller):
    path = "/payments"
    guards = [code]

    @post_route("/pay")
    async def pay(self, data: dict) -> dict:
        return post(data["guid"], "/api/transfers")  # mfa: enforced


@post_route("/guarded", guards=[code])
async def guarded(data: dict) -> dict:
    return post(data["guid"], "/api/transfers")  # mfa: enforced


@post_route("/provided", dependencies={"user": Provide(verified)})
async def provided(user: object) -> dict:
    return post(user.guid, "/api/transfers")  # mfa: enforced


@post_route("/open")
async def open_(data: dict) -> dict:
    return post(data["guid"], "/api/transfers")  # mfa: absent


@get("/token")
async def token() -> str:
    return bank_token()  # exposed


@post_route("/routed")
async def routed(data: dict) -> dict:
    return post(data["guid"], "/api/transfers")  # mfa: enforced


app = Litestar([Payments, guarded, provided, open_, token, Router("/r", route_handlers=[routed], guards=[code])])
