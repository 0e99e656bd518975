from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib import admin
from django.core.management.base import BaseCommand
from django.db.models.signals import post_save
from django.dispatch import receiver
from ninja import NinjaAPI, Router
from ninja.security import APIKeyHeader, HttpBearer

from core import bank_token, fits, post


class Code(HttpBearer):
    def authenticate(self, request, token):
        if fits(request.user, token):
            return token


class Key(APIKeyHeader):
    def authenticate(self, request, key):
        return key == "x" or None


api = NinjaAPI(auth=Code())
router = Router()
either = Router(auth=[Key(), Code()])


@api.post("/pay")
def pay(request, guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


@api.post("/open", auth=None)
def open_(request, guid: str):
    return post(guid, "/api/transfers")  # mfa: absent


@router.post("/routed")
def routed(request, guid: str):
    return post(guid, "/api/transfers")  # mfa: enforced


@either.post("/either")
def any_of(request, guid: str):
    return post(guid, "/api/transfers")  # mfa: absent


@either.get("/token")
def token(request):
    return {"token": bank_token()}  # exposed


api.add_router("/r", router)
api.add_router("/e", either)


class PaymentAdmin(admin.ModelAdmin):
    actions = ["pay_all"]

    def pay_all(self, request, queryset):
        for row in queryset:
            post(row.guid, "/api/transfers")  # mfa: absent


class Command(BaseCommand):
    def handle(self, *args, **options):
        post(options["guid"], "/api/transfers")  # mfa: absent


@receiver(post_save, sender="x.Y")
def saved(sender, instance, created, **kwargs):
    post(instance.guid, "/api/transfers")  # mfa: absent


class Chat(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.accept()
        await self.send_json({"token": bank_token()})  # exposed

    async def receive_json(self, content):
        post(content["guid"], "/api/transfers")  # mfa: absent
