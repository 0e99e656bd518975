from functools import wraps

from flask import Blueprint, Flask, abort, g, request
from flask.views import MethodView
from flask_restful import Api, Resource
from flask_restx import Namespace
from flask_restx import Resource as XResource
from flask_smorest import Blueprint as SmorestBlueprint

from core import fits, post

app = Flask(__name__)
api = Api()
ns = Namespace("x", path="/x")
blp = SmorestBlueprint("s", __name__, url_prefix="/s")


def code_needed(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if not fits(g.user, request.headers.get("X-Code")):
            return {"error": "code"}, 401
        return view(*args, **kwargs)

    return inner


class Pay(Resource):
    method_decorators = {"post": [code_needed]}

    def post(self):
        return post(g.user.guid, "/api/transfers")  # mfa: enforced

    def put(self):
        return post(g.user.guid, "/api/transfers")  # mfa: absent


@ns.route("/pay")
class PayX(XResource):
    @code_needed
    def post(self):
        return post(g.user.guid, "/api/transfers")  # mfa: enforced


@blp.route("/pay/<guid>")
class PayS(MethodView):
    @blp.arguments(dict)
    @blp.response(201, dict)
    def post(self, form, guid):
        return post(guid, "/api/transfers")  # mfa: absent


class Checked(MethodView):
    def dispatch_request(self, *args, **kwargs):
        if not fits(g.user, request.headers.get("X-Code")):
            abort(401)
        return super().dispatch_request(*args, **kwargs)


class PayD(Checked):
    def post(self):
        return post(g.user.guid, "/api/transfers")  # mfa: enforced


wrapped = Blueprint("w", __name__)
wrapped_api = Api(wrapped, decorators=[code_needed])


class PayW(Resource):
    def post(self):
        return post(g.user.guid, "/api/transfers")  # mfa: enforced


api.add_resource(Pay, "/pay", "/pay2")
wrapped_api.add_resource(PayW, "/w")
api.init_app(app)
app.register_blueprint(blp)
app.register_blueprint(wrapped)
app.add_url_rule("/d", view_func=PayD.as_view("d"))
