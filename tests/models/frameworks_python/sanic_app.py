from sanic import Blueprint, Sanic
from sanic.exceptions import Forbidden
from sanic.response import json
from sanic.views import HTTPMethodView

from core import bank_token, fits, post

app = Sanic("x")
money = Blueprint("money", url_prefix="/money")
other = Blueprint("other", url_prefix="/other")


@money.middleware("request")
async def code(request):
    if not fits(request.ctx.user, request.headers.get("x-code")):
        raise Forbidden("code")


@app.before_server_start
async def start(app, loop):
    app.ctx.bank = bank_token()


@money.post("/<quote>")
async def pay(request, quote):
    return json(post(request.ctx.user.guid, "/api/transfers"))  # mfa: enforced


@other.post("/<quote>")
async def open_(request, quote):
    return json(post(request.ctx.user.guid, "/api/transfers"))  # mfa: absent


class View(HTTPMethodView):
    async def post(self, request):
        return json(post(request.ctx.user.guid, "/api/transfers"))  # mfa: absent


@app.get("/token")
async def token(request):
    return json({"token": request.app.ctx.bank})  # exposed


app.blueprint(Blueprint.group(money, other, url_prefix="/v1"))
app.add_route(View.as_view(), "/view")
