import click
import typer
from flask.cli import AppGroup
from invoke import task

from core import bank_token, ensure, post

cli = click.Group()
tool = typer.Typer()
group = AppGroup("money")


@click.group()
@click.pass_context
def root(ctx):
    ctx.ensure_object(dict)
    ensure(ctx.obj["user"], click.prompt("code"))


@root.command()
@click.argument("guid")
@click.pass_obj
def guarded(obj, guid):
    post(guid, "/api/transfers")  # mfa: enforced


@root.group()
def sub():
    pass


@sub.command("x")
@click.option("--guid", envvar="GUID")
def nested(guid):
    post(guid, "/api/transfers")  # mfa: enforced


@click.command()
@click.option("--guid")
def alone(guid):
    post(guid, "/api/transfers")  # mfa: absent


@tool.callback()
def before(code: str = typer.Option(...)):
    ensure(find_user(), code)


@tool.command()
def typed(guid: str, dry: bool = typer.Option(False)):
    post(guid, "/api/transfers")  # mfa: enforced


@group.command("go")
def flask_command():
    post("g", "/api/transfers")  # mfa: absent


@task
def invoked(c, guid):
    post(guid, "/api/transfers")  # mfa: absent


cli.add_command(alone)

if __name__ == "__main__":
    root()
