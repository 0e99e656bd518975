from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from core import bank_token, fits, post


def code_tween(handler, registry):
    def tween(request):
        if request.path.startswith("/pay") and not fits(request.user, request.headers.get("X-Code")):
            raise HTTPForbidden()
        return handler(request)

    return tween


@view_config(route_name="pay", renderer="json", request_method="POST")
def pay(request):
    return post(request.user.guid, "/api/transfers")  # mfa: enforced


@view_defaults(renderer="json")
class Views:
    def __init__(self, request):
        self.request = request

    @view_config(route_name="open", request_method="POST")
    def open(self):
        return post(self.request.user.guid, "/api/transfers")  # mfa: absent


def token(request):
    return Response(bank_token())  # exposed


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_route("pay", "/pay")
    config.add_route("open", "/open")
    config.add_route("token", "/token")
    config.add_view(token, route_name="token")
    config.add_tween("main.code_tween")
    config.scan()
    return config.make_wsgi_app()
