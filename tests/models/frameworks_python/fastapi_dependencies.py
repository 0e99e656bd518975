from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordBearer

from accounts import load_user
from core import bank_token, fits, post

bearer = HTTPBearer(auto_error=False)
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: str = Depends(oauth2)):
    return load_user(token)


async def verified(request: Request, user=Depends(current_user), x_code: str = Header()):
    if not fits(user, x_code):
        raise HTTPException(status_code=403)
    yield user


def answers_only(user=Depends(current_user), x_code: str = Header()):
    return fits(user, x_code)


Verified = Annotated[object, Depends(verified)]


class Factor:
    def __init__(self, enforce=True):
        self.enforce = enforce

    def __call__(self, user=Depends(current_user), x_code: str = Header()):
        if not fits(user, x_code):
            raise HTTPException(403)
        return user


app = FastAPI()
whole = APIRouter(prefix="/whole", dependencies=[Depends(verified)])
late = APIRouter(prefix="/late")
open_ = APIRouter()


@app.post("/alias")
async def alias(user: Verified):
    return post(user.guid, "/api/transfers")  # mfa: enforced


@app.post("/security")
async def security(user=Security(verified, scopes=["pay"])):
    return post(user.guid, "/api/transfers")  # mfa: enforced


@app.post("/callable", dependencies=[Depends(Factor())])
async def by_callable(guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


@app.post("/bool")
async def boolean(guid: str, ok: bool = Depends(answers_only)):
    return post(guid, "/api/transfers")  # mfa: ignored


@app.post("/bool-used")
async def boolean_used(guid: str, ok: bool = Depends(answers_only)):
    if not ok:
        raise HTTPException(403)
    return post(guid, "/api/transfers")  # mfa: enforced


@whole.post("/pay")
async def in_router(guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


@late.post("/pay")
async def included(guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


@open_.post("/pay")
async def opened(guid: str):
    return post(guid, "/api/transfers")  # mfa: absent


@open_.get("/token")
async def token():
    return {"token": bank_token()}  # exposed


app.include_router(whole)
for router, deps in ((late, [Depends(verified)]),):
    app.include_router(router, prefix="/v1", dependencies=deps)
app.include_router(open_)
