import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, request

from core import ensure, post

app = Flask(__name__)
pool = ThreadPoolExecutor(2)


def in_thread(guid):
    post(guid, "/api/transfers")  # mfa: enforced


def in_pool(guid):
    post(guid, "/api/transfers")  # mfa: enforced


async def in_loop(guid):
    post(guid, "/api/transfers")  # mfa: enforced


def worker():
    while True:
        post("g", "/api/transfers")  # mfa: absent


@app.post("/pay")
def pay():
    ensure(request.user, request.headers.get("X-Code"))
    threading.Thread(target=in_thread, args=(request.json["guid"],), daemon=True).start()
    pool.submit(in_pool, request.json["guid"])
    asyncio.run(in_loop(request.json["guid"]))
    return "", 202


if __name__ == "__main__":
    threading.Thread(target=worker).start()
    app.run()
