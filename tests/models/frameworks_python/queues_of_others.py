import dramatiq
import faust
from apscheduler.schedulers.background import BackgroundScheduler
from arq import cron
from arq.connections import RedisSettings, create_pool
from fastapi import Depends, FastAPI, Header, HTTPException
from huey import SqliteHuey, crontab
from redis import Redis
from rq import Queue
from taskiq_redis import ListQueueBroker

from core import ensure, post

rq = Queue(connection=Redis())
broker = ListQueueBroker("redis://x")
huey = SqliteHuey()
app = FastAPI()
stream = faust.App("x")
scheduler = BackgroundScheduler()


@dramatiq.actor(max_retries=3)
def actor(guid):
    post(guid, "/api/transfers")  # mfa: enforced


@broker.task
async def task(guid):
    post(guid, "/api/transfers")  # mfa: enforced


def job(guid):
    post(guid, "/api/transfers")  # mfa: enforced


async def arq_job(ctx, guid):
    post(guid, "/api/transfers")  # mfa: enforced


async def arq_cron(ctx):
    post("g", "/api/transfers")  # mfa: absent


@huey.task()
def small(guid):
    post(guid, "/api/transfers")  # mfa: enforced


@huey.periodic_task(crontab(minute="0"))
def hourly():
    post("g", "/api/transfers")  # mfa: absent


@stream.agent("topic")
async def agent(messages):
    async for message in messages:
        post(message["guid"], "/api/transfers")  # mfa: absent


@scheduler.scheduled_job("interval", minutes=3)
def tick():
    post("g", "/api/transfers")  # mfa: absent


def verified(x_code: str = Header()):
    user = find_user(x_code)
    ensure(user, x_code)
    return user


class WorkerSettings:
    functions = [arq_job]
    cron_jobs = [cron(arq_cron, hour=3)]
    redis_settings = RedisSettings()


@app.post("/pay")
async def pay(guid: str, user=Depends(verified)):
    actor.send(guid)
    await task.kiq(guid)
    rq.enqueue(job, guid, job_timeout=3)
    small(guid)
    pool = await create_pool(RedisSettings())
    await pool.enqueue_job("arq_job", guid)
