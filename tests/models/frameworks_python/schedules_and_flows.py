import luigi
import schedule
from airflow.decorators import dag, task
from airflow.models import BaseOperator
from airflow.operators.python import PythonOperator
from prefect import flow

from core import post


@task
def airflow_task():
    post("g", "/api/transfers")  # mfa: absent


@dag(schedule="@daily")
def pipeline():
    airflow_task()


def operated():
    post("g", "/api/transfers")  # mfa: absent


PythonOperator(task_id="x", python_callable=operated)


class Custom(BaseOperator):
    def execute(self, context):
        post("g", "/api/transfers")  # mfa: absent


@flow(name="x")
def prefect_flow(guid: str):
    post(guid, "/api/transfers")  # mfa: absent


class Job(luigi.Task):
    def run(self):
        post("g", "/api/transfers")  # mfa: absent


def tick():
    post("g", "/api/transfers")  # mfa: absent


schedule.every(10).minutes.do(tick)
