from rest_framework import permissions, status, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from django.urls import include, path

from core import bank_token, fits, post

REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["main.Code"]}


class Code(BasePermission):
    def has_permission(self, request, view):
        return fits(request.user, request.headers.get("X-Code"))


class Throttle(UserRateThrottle):
    def allow_request(self, request, view):
        return True


class Owner(BasePermission):
    def has_object_permission(self, request, view, obj):
        return fits(request.user, request.data["code"])


class Both(APIView):
    permission_classes = [IsAuthenticated & Code]

    def post(self, request):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced


class Either(APIView):
    permission_classes = [permissions.IsAdminUser | Code]

    def post(self, request):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: absent


class ByDefault(APIView):
    def post(self, request):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced


class Opened(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [Throttle]

    def post(self, request):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: absent


class Payments(viewsets.ModelViewSet):
    permission_classes = [IsAuthenticated]

    def get_permissions(self):
        if self.action in ("create", "refund"):
            return [Code()]
        return super().get_permissions()

    def create(self, request, *args, **kwargs):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced

    def update(self, request, *args, **kwargs):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: absent

    @action(detail=True, methods=["post"])
    def refund(self, request, pk=None):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced

    @action(detail=True, methods=["post"], permission_classes=[AllowAny])
    def cancel(self, request, pk=None):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: absent


class Plans(viewsets.ModelViewSet):
    permission_classes = [IsAuthenticated]

    @action(detail=True, methods=["post"], permission_classes=[Code])
    def run(self, request, pk=None):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced

    def perform_create(self, serializer):
        post(self.request.user.guid, "/api/transfers")  # mfa: absent
        serializer.save()


class Checked(CreateAPIView):
    permission_classes = [Code]

    def perform_create(self, serializer):
        post(serializer.validated_data["guid"], "/api/transfers")  # mfa: enforced


class ByObject(APIView):
    permission_classes = [Owner]

    def post(self, request, pk):
        self.check_object_permissions(request, pk)
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced

    def put(self, request, pk):
        return Response(post(request.user.guid, "/api/transfers"))  # mfa: absent


@api_view(["POST"])
def by_default(request):
    return Response(post(request.user.guid, "/api/transfers"))  # mfa: enforced


@api_view(["POST"])
@permission_classes([AllowAny])
def opened(request):
    return Response({"t": bank_token()})  # exposed


router = DefaultRouter()
router.register("payments", Payments)
router.register(r"plans", Plans, basename="plan")
urlpatterns = [
    path("both", Both.as_view()),
    path("either", Either.as_view()),
    path("default", ByDefault.as_view()),
    path("open", Opened.as_view()),
    path("checked", Checked.as_view()),
    path("object/<pk>", ByObject.as_view()),
    path("f", by_default),
    path("o", opened),
    path("api/", include(router.urls)),
]
