from fastapi import APIRouter, Depends, FastAPI, HTTPException, Header, WebSocket
from fastapi_utils.cbv import cbv

from accounts import lookup
from core import bank_token, ensure, post


def user(x_code: str = Header()):
    found = lookup(x_code)
    ensure(found, x_code)
    return found


router = APIRouter()


@cbv(router)
class Views:
    who = Depends(user)

    @router.post("/cbv")
    def pay(self, quote: str):
        return post(self.who.guid, "/api/transfers")  # mfa: enforced


class Api(FastAPI):
    def __init__(self):
        super().__init__(dependencies=[Depends(user)])
        self.include_router(router)
        self.add_api_route("/m", self.method, methods=["POST"])

    def method(self, guid: str):
        return post(guid, "/api/transfers")  # mfa: enforced


app = Api()


@app.websocket("/ws")
async def ws(socket: WebSocket):
    await socket.accept()
    await socket.send_text(bank_token())  # exposed
