from flask import Blueprint, Flask, abort, current_app, g, jsonify, redirect, request, session

from core import bank_token, fits, post

money = Blueprint("money", __name__, url_prefix="/money")
plain = Blueprint("plain", __name__)
inner = Blueprint("inner", __name__, url_prefix="/inner")


@money.before_request
def second_factor():
    if not fits(g.user, request.headers.get("X-Code")):
        return jsonify(error="code needed"), 401


@money.route("/pay", methods=["POST"])
def guarded():
    return post(g.user.guid, "/api/transfers")  # mfa: enforced


@inner.post("/pay")
def nested():
    return post(g.user.guid, "/api/transfers")  # mfa: enforced


@plain.post("/pay")
def unguarded():
    return post(g.user.guid, "/api/transfers")  # mfa: absent


@plain.get("/token")
def token():
    return jsonify(token=bank_token())  # exposed


@plain.get("/cookie")
def cookie():
    answer = redirect("/")
    answer.set_cookie("t", current_app.config["TOKEN"])  # exposed
    return answer, 302


@plain.after_app_request
def stamp(response):
    response.headers["X-T"] = current_app.config["TOKEN"]  # exposed
    return response


def create_app(config=None):
    app = Flask(__name__)
    app.config["TOKEN"] = bank_token()
    money.register_blueprint(inner)
    app.register_blueprint(money)
    app.register_blueprint(plain, url_prefix="/plain")
    return app
