from functools import wraps

from django.contrib.auth.decorators import login_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views.generic import CreateView, FormView, TemplateView, View

from core import bank_token, fits, post


def code_needed(view):
    @wraps(view)
    def inner(request, *args, **kwargs):
        if not fits(request.user, request.headers.get("X-Code")):
            return redirect("/code")
        return view(request, *args, **kwargs)

    return inner


def factor(level):
    def decorate(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if not fits(request.user, request.POST.get("code")):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inner

    return decorate


@login_required
@code_needed
def guarded(request):
    return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced


@login_required
def signed_in(request):
    return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: absent


def wrapped(request, guid):
    return JsonResponse(post(guid, "/api/transfers"))  # mfa: enforced


class OnMethod(View):
    @method_decorator(code_needed)
    def post(self, request):
        return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced

    def put(self, request):
        return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: absent


@method_decorator([login_required, factor("high")], name="dispatch")
class OnDispatch(View):
    def post(self, request):
        return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced


@method_decorator(code_needed, name="post")
class OnPost(View):
    def post(self, request):
        return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced

    def put(self, request):
        return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: absent


class FactorMixin(LoginRequiredMixin):
    def dispatch(self, request, *args, **kwargs):
        if not fits(request.user, request.headers.get("X-Code")):
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


class Mixed(FactorMixin, FormView):
    def form_valid(self, form):
        post(self.request.user.guid, "/api/transfers")  # mfa: enforced
        return super().form_valid(form)


class Tested(UserPassesTestMixin, CreateView):
    def test_func(self):
        return fits(self.request.user, self.request.POST["code"])

    def form_valid(self, form):
        post(self.request.user.guid, "/api/transfers")  # mfa: enforced
        return super().form_valid(form)


class Overridden(FormView):
    def post(self, request, *args, **kwargs):
        if not fits(request.user, request.POST["code"]):
            return HttpResponse(status=403)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        post(self.request.user.guid, "/api/transfers")  # mfa: enforced
        return super().form_valid(form)


class Page(TemplateView):
    template_name = "page.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["token"] = bank_token()
        return context  # exposed


def page(request):
    return render(request, "page.html", {"token": bank_token()})  # exposed


more = [path("wrapped/<guid>", code_needed(wrapped)), re_path(r"^page$", page)]
urlpatterns = [
    path("guarded", guarded),
    path("signed", signed_in),
    path("m", OnMethod.as_view()),
    path("d", OnDispatch.as_view()),
    path("p", OnPost.as_view()),
    path("x", Mixed.as_view()),
    path("t", Tested.as_view()),
    path("o", Overridden.as_view()),
    path("c", Page.as_view()),
    path("more/", include(more)),
]
