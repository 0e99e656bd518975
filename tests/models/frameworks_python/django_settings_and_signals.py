from django.contrib.auth.decorators import user_passes_test
from django.db import models, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import ensure, fits, post


class Payment(models.Model):
    guid = models.CharField(max_length=40)


class Order(models.Model):
    guid = models.CharField(max_length=40)


@receiver(post_save, sender=Payment)
def on_payment(sender, instance, created, **kwargs):
    if created:
        post(instance.guid, "/api/transfers")  # mfa: enforced


@receiver(post_save, sender=Order)
def on_order(sender, instance, **kwargs):
    post(instance.guid, "/api/transfers")  # mfa: absent


@require_POST
def create(request):
    ensure(request.user, request.POST["code"])
    with transaction.atomic():
        Payment.objects.create(guid=request.POST["guid"])
    return JsonResponse({})


@csrf_exempt
@require_POST
def order(request):
    row = Order(guid=request.POST["guid"])
    row.save()
    return JsonResponse({})


@user_passes_test(lambda user: fits(user, user.code))
def tested(request):
    return JsonResponse(post(request.user.guid, "/api/transfers"))  # mfa: enforced


urlpatterns = [path("create", create), path("order", order), path("tested", tested)]
