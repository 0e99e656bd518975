from quart import Quart, g, request, websocket

from core import bank_token, fits, post

app = Quart(__name__)


@app.before_request
async def check():
    if not fits(g.user, request.headers.get("X-Code")):
        return "", 401


@app.post("/pay")
async def pay():
    form = await request.get_json()
    return post(form["guid"], "/api/transfers")  # mfa: enforced


@app.websocket("/ws")
async def ws():
    await websocket.send(bank_token())  # exposed
