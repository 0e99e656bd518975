import json

import azure.functions as func
import functions_framework
import modal
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from chalice import Chalice, UnauthorizedError

from core import bank_token, fits, post

rest = APIGatewayRestResolver()
chalice = Chalice("x")
azure = func.FunctionApp()
app = modal.App("x")


def code(resolver, next_middleware):
    if not fits(resolver.context["user"], resolver.current_event.headers.get("X-Code")):
        return Response(status_code=401)
    return next_middleware(resolver)


@rest.post("/pay", middlewares=[code])
def pay():
    return post(rest.current_event.json_body["guid"], "/api/transfers")  # mfa: enforced


@rest.post("/open/<guid>")
def opened(guid: str):
    return post(guid, "/api/transfers")  # mfa: absent


@rest.get("/token")
def token():
    return {"token": bank_token()}  # exposed


@chalice.route("/pay", methods=["POST"])
def chalice_pay():
    body = chalice.current_request.json_body
    if not fits(body["user"], body["code"]):
        raise UnauthorizedError("code")
    return post(body["guid"], "/api/transfers")  # mfa: enforced


@chalice.on_sqs_message(queue="x")
def from_queue(event):
    for record in event:
        post(json.loads(record.body)["guid"], "/api/transfers")  # mfa: absent


@chalice.schedule("rate(1 hour)")
def hourly(event):
    post("g", "/api/transfers")  # mfa: absent


@azure.function_name("pay")
@azure.route(route="pay", methods=["POST"])
def azure_pay(req: func.HttpRequest) -> func.HttpResponse:
    post(req.get_json()["guid"], "/api/transfers")  # mfa: absent
    return func.HttpResponse(bank_token())  # exposed


@azure.timer_trigger(schedule="0 */5 * * * *", arg_name="timer")
def azure_timer(timer: func.TimerRequest) -> None:
    post("g", "/api/transfers")  # mfa: absent


@functions_framework.cloud_event
def event(cloud_event):
    post(cloud_event.data["guid"], "/api/transfers")  # mfa: absent


@app.function(schedule=modal.Period(days=1))
def daily():
    post("g", "/api/transfers")  # mfa: absent


@modal.fastapi_endpoint(method="POST")
def endpoint(item: dict):
    return post(item["guid"], "/api/transfers")  # mfa: absent
