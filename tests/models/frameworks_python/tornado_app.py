import tornado.web
import tornado.websocket

from accounts import lookup
from core import bank_token, fits, post


class Base(tornado.web.RequestHandler):
    def get_current_user(self):
        return lookup(self.get_secure_cookie("user"))

    def prepare(self):
        if not fits(self.current_user, self.request.headers.get("X-Code")):
            self.set_status(401)
            self.finish({"error": "code"})


class Pay(Base):
    def post(self, quote):
        self.write(post(self.current_user.guid, "/api/transfers"))  # mfa: enforced


class Open(tornado.web.RequestHandler):
    def initialize(self, service):
        self.service = service

    @tornado.web.authenticated
    async def post(self):
        self.write(self.service(self.get_argument("guid"), "/api/transfers"))  # mfa: absent

    def get(self):
        self.render("page.html", token=bank_token())  # exposed


class Socket(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(bank_token())  # exposed


def make_app():
    return tornado.web.Application(
        [(r"/pay/(.*)", Pay), tornado.web.url(r"/open", Open, {"service": post}), (r"/ws", Socket)], debug=False
    )
