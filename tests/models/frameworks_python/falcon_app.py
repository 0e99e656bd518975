import falcon

from core import bank_token, fits, post


def code(req, resp, resource, params):
    if not fits(req.context.user, req.get_header("X-Code")):
        raise falcon.HTTPForbidden()


class Middleware:
    def process_request(self, req, resp):
        if not fits(req.context.user, req.get_header("X-Code")):
            raise falcon.HTTPForbidden()


@falcon.before(code)
class Whole:
    def on_post(self, req, resp):
        resp.media = post(req.context.user.guid, "/api/transfers")  # mfa: enforced


class Open:
    def on_post(self, req, resp, guid):
        resp.media = post(guid, "/api/transfers")  # mfa: absent

    def on_get(self, req, resp, guid):
        resp.text = bank_token()  # exposed

    def on_post_quick(self, req, resp):
        resp.media = post(req.get_param("guid"), "/api/transfers")  # mfa: absent


class Behind:
    def on_post(self, req, resp):
        resp.media = post(req.media["guid"], "/api/transfers")  # mfa: enforced


app = falcon.App()
app.add_route("/whole", Whole())
app.add_route("/open/{guid}", Open())
app.add_route("/quick", Open(), suffix="quick")
closed = falcon.asgi.App(middleware=[Middleware()])
closed.add_route("/behind", Behind())
