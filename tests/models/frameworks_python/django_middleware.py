from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils.deprecation import MiddlewareMixin

from core import fits, post

MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "main.Code", "main.timing"]


class Code(MiddlewareMixin):
    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.path.startswith("/public/"):
            return None
        if not fits(request.user, request.headers.get("X-Code")):
            return HttpResponse(status=401)
        return None


def timing(get_response):
    def middleware(request):
        response = get_response(request)
        response["X-Time"] = "1"
        return response

    return middleware


def pay(request):
    return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced


def public(request):
    return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: absent


urlpatterns = [path("pay", pay), path("public/pay", public)]
