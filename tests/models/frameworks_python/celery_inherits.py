from celery import Celery, chain, group, shared_task
from flask import Flask, abort, request

from core import ensure, fits, post

app = Flask(__name__)
queue = Celery("x")


@queue.task(bind=True, max_retries=3)
def guarded(self, guid):
    try:
        post(guid, "/api/transfers")  # mfa: enforced
    except OSError as error:
        raise self.retry(exc=error)


@shared_task(name="pay.open")
def both(guid):
    post(guid, "/api/transfers")  # mfa: absent


@shared_task
def chained(before, guid):
    post(guid, "/api/transfers")  # mfa: enforced


@queue.task
def scheduled():
    post("g", "/api/transfers")  # mfa: absent


@queue.task
def nobody(guid):
    post(guid, "/api/transfers")  # mfa: absent


@queue.task(name="pay.named")
def named(guid):
    post(guid, "/api/transfers")  # mfa: enforced


queue.conf.beat_schedule = {"nightly": {"task": "main.scheduled", "schedule": 3600.0}}


@app.post("/pay")
def pay():
    ensure(request.user, request.headers.get("X-Code"))
    guarded.delay(request.json["guid"])
    both.apply_async(args=[request.json["guid"]], countdown=3)
    chain(guarded.s(request.json["guid"]), chained.s(request.json["guid"])).apply_async()
    queue.send_task("pay.named", args=[request.json["guid"]])
    scheduled.delay()
    return "", 202


@app.post("/open")
def opened():
    group(both.s(guid) for guid in request.json["guids"])()
    return "", 202
