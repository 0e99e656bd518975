from aiohttp import web

from core import bank_token, fits, post

routes = web.RouteTableDef()
open_routes = web.RouteTableDef()


@web.middleware
async def code(request, handler):
    if request.path.startswith("/api/public"):
        return await handler(request)
    if not fits(request["user"], request.headers.get("X-Code")):
        return web.json_response({"error": "code"}, status=401)
    return await handler(request)


async def swallowing(app, handler):
    async def inner(request):
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.json_response({"error": error.reason}, status=error.status)

    return inner


@routes.post("/pay")
async def pay(request):
    return web.json_response(post(request["user"].guid, "/api/transfers"))  # mfa: enforced


@routes.view("/view")
class View(web.View):
    async def post(self):
        return web.json_response(post(self.request["user"].guid, "/api/transfers"))  # mfa: enforced


@routes.post("/public/pay")
async def public(request):
    return web.json_response(post(request["user"].guid, "/api/transfers"))  # mfa: absent


async def token(request):
    return web.Response(text=request.app["bank"])  # exposed


async def listed(request):
    return web.json_response(post("g", "/api/transfers"))  # mfa: absent


async def setup(app):
    app["bank"] = bank_token()
    yield


async def build():
    app = web.Application(middlewares=[swallowing, code])
    app.add_routes(routes)
    outer = web.Application()
    outer.cleanup_ctx.append(setup)
    outer.add_routes([web.get("/token", token), web.post("/listed", listed)])
    outer.add_subapp("/api", app)
    return outer


if __name__ == "__main__":
    web.run_app(build())
