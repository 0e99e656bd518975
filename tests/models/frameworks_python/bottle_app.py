from bottle import Bottle, HTTPResponse, abort, hook, post as route_post, request, response

from core import bank_token, fits, post

app = Bottle()


def plugin(callback):
    def inner(*args, **kwargs):
        if not fits(request.user, request.get_header("X-Code")):
            abort(401)
        return callback(*args, **kwargs)

    return inner


@app.hook("before_request")
def check():
    if not fits(request.user, request.get_header("X-Code")):
        raise HTTPResponse(status=401)


@app.route("/pay", method="POST")
def pay():
    return post(request.json["guid"], "/api/transfers")  # mfa: enforced


@route_post("/default")
def default():
    response.set_cookie("t", bank_token())  # exposed
    return post(request.forms.get("guid"), "/api/transfers")  # mfa: absent


@route_post("/applied", apply=[plugin])
def applied():
    return post(request.forms.get("guid"), "/api/transfers")  # mfa: enforced
