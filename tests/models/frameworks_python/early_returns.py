"""Decorators that answer instead of calling the view, call it first, or forget to leave."""

import functools
import inspect

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from core import fits, post

app = FastAPI()


def guard(fn):
    @functools.wraps(fn)
    async def wrapper(request: Request, *args, **kwargs):
        if not fits(request.state.user, request.headers.get("x-code")):
            return JSONResponse({}, 401)
        return await fn(request, *args, **kwargs)

    return wrapper


def after(fn):
    @functools.wraps(fn)
    async def wrapper(request: Request):
        result = await fn(request)
        if not fits(request.state.user, request.headers.get("x-code")):
            raise HTTPException(401)
        return result

    return wrapper


def forgets(fn):
    @functools.wraps(fn)
    async def wrapper(request: Request):
        if not fits(request.state.user, request.headers.get("x-code")):
            JSONResponse({}, 401)
        return await fn(request)

    return wrapper


def configurable(*, enabled=True, methods=("POST",)):
    def decorate(fn):
        @functools.wraps(fn)
        async def wrapper(request: Request):
            if enabled and not fits(request.state.user, request.headers.get("x-code")):
                raise HTTPException(401)
            return await fn(request)

        return wrapper

    return decorate


class Guard:
    def __init__(self, fn):
        functools.update_wrapper(self, fn)
        self.fn = fn

    def __call__(self, *args, **kwargs):
        request = kwargs["request"]
        if not fits(request.state.user, request.headers.get("x-code")):
            raise HTTPException(401)
        return self.fn(*args, **kwargs)


@app.post("/1")
@guard
async def one(request: Request):
    return post("g", "/api/transfers")  # mfa: enforced


@app.post("/2")
@after
async def two(request: Request):
    return post("g", "/api/transfers")  # mfa: absent


@app.post("/3")
@forgets
async def three(request: Request):
    return post("g", "/api/transfers")  # mfa: ignored


@app.post("/4")
@configurable()
async def four(request: Request):
    return post("g", "/api/transfers")  # mfa: enforced


@app.post("/5")
@configurable(enabled=False)
async def five(request: Request):
    return post("g", "/api/transfers")  # mfa: absent


@app.post("/6")
@Guard
def six(request: Request):
    return post("g", "/api/transfers")  # mfa: enforced
