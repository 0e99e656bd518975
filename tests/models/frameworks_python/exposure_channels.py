import json

from django.http import HttpResponse as DjangoResponse
from django.http import JsonResponse
from django.urls import path
from flask import Flask, Response, make_response, render_template, session, stream_with_context
from flask_socketio import SocketIO, emit

from core import bank_token

app = Flask(__name__)
socketio = SocketIO(app)


@app.context_processor
def inject():
    return {"bank": bank_token()}  # exposed


@app.get("/1")
def one():
    return {"bank": bank_token()}, 200  # exposed


@app.get("/2")
def two():
    return Response(json.dumps({"t": bank_token()}), mimetype="application/json")  # exposed


@app.get("/3")
def three():
    answer = make_response("ok")
    answer.headers["X-Token"] = bank_token()  # exposed
    return answer


@app.get("/4")
def four():
    return render_template("x.html", bank=bank_token())  # exposed


@app.get("/5")
def five():
    def lines():
        yield bank_token()

    return Response(stream_with_context(lines()))  # exposed


@app.get("/6")
def six():
    return {"prefix": bank_token()[:4], "known": bool(bank_token())}


@socketio.on("join")
def join(data):
    emit("token", {"t": bank_token()})  # exposed
    socketio.emit("token", bank_token())  # exposed


def django_view(request):
    answer = DjangoResponse()
    answer["X-Token"] = bank_token()  # exposed
    answer.set_signed_cookie("t", bank_token())  # exposed
    return answer


def django_json(request):
    data = {"token": bank_token()}
    return JsonResponse(data)  # exposed


urlpatterns = [path("a", django_view), path("b", django_json)]
