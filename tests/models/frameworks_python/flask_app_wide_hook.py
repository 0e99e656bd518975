from flask import Blueprint, Flask, abort, request, session

from core import fits, post

app = Flask(__name__)
bp = Blueprint("b", __name__)


@bp.before_app_request
def everywhere():
    if request.path.startswith("/login") or request.endpoint == "static":
        return None
    if not fits(session["user"], request.headers.get("X-Code")):
        abort(401)


@app.post("/pay")
def pay():
    return post(session["guid"], "/api/transfers")  # mfa: enforced


@app.post("/login/pay")
def open_path():
    return post(session["guid"], "/api/transfers")  # mfa: absent


app.register_blueprint(bp)
