from functools import wraps

from flask import Flask, g, request

from core import fits, post

app = Flask(__name__)


def code_needed(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if not fits(g.user, request.headers.get("X-Code")):
            return "", 401
        return view(*args, **kwargs)

    return inner


def never_calls(view):
    @wraps(view)
    def inner(*args, **kwargs):
        return "closed", 503

    return inner


@app.post("/below")
@code_needed
def below():
    return post(g.user.guid, "/api/transfers")  # mfa: enforced


@code_needed
@app.post("/above")
def above():
    return post(g.user.guid, "/api/transfers")  # mfa: absent


@app.post("/async")
@code_needed
async def asynchronous():
    return post(g.user.guid, "/api/transfers")  # mfa: enforced
