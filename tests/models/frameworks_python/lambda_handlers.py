import json

from core import bank_token, fits, post


def lambda_handler(event, context):
    if event["httpMethod"] == "GET":
        return {"statusCode": 200, "body": json.dumps({"token": bank_token()})}  # exposed
    body = json.loads(event["body"])
    if not fits(body["user"], body["code"]):
        return {"statusCode": 401}
    post(body["guid"], "/api/transfers")  # mfa: enforced
    return {"statusCode": 204}


def queue_handler(event, context):
    for record in event["Records"]:
        post(json.loads(record["body"])["guid"], "/api/transfers")  # mfa: absent


def respond(status, payload):
    return {"statusCode": status, "body": json.dumps(payload)}


def by_helper(event, context):
    return respond(200, {"token": bank_token()})  # exposed
