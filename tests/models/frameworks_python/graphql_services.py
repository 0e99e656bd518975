import typing

import graphene
import strawberry
from ariadne import MutationType, QueryType
from strawberry.permission import BasePermission, PermissionExtension

from core import bank_token, fits, post

mutation = MutationType()
query = QueryType()


class Code(BasePermission):
    message = "code"

    def has_permission(self, source: typing.Any, info, **kwargs) -> bool:
        request = info.context["request"]
        return fits(request.user, request.headers.get("X-Code"))


@strawberry.type
class Mutation:
    @strawberry.mutation(permission_classes=[Code])
    def guarded(self, guid: str) -> str:
        return post(guid, "/api/transfers")["guid"]  # mfa: enforced

    @strawberry.mutation(extensions=[PermissionExtension(permissions=[Code()])])
    async def extended(self, guid: str) -> str:
        return post(guid, "/api/transfers")["guid"]  # mfa: enforced

    @strawberry.mutation
    def opened(self, info, guid: str) -> str:
        return post(guid, "/api/transfers")["guid"]  # mfa: absent


def resolve_token(root) -> str:
    return bank_token()  # exposed


@strawberry.type
class Query:
    token: str = strawberry.field(resolver=resolve_token)


def needs_code(resolver):
    def inner(root, info, **kwargs):
        if not fits(info.context["user"], kwargs.get("code")):
            raise PermissionError
        return resolver(root, info, **kwargs)

    return inner


@mutation.field("pay")
@needs_code
def pay(_, info, guid, code):
    return post(guid, "/api/transfers")  # mfa: enforced


@query.field("token")
def token(*_):
    return bank_token()  # exposed


class Pay(graphene.Mutation):
    class Arguments:
        guid = graphene.String()

    @classmethod
    def mutate(cls, root, info, guid):
        return post(guid, "/api/transfers")  # mfa: absent


class Schema(graphene.ObjectType):
    @needs_code
    def resolve_pay(root, info, guid):
        return post(guid, "/api/transfers")  # mfa: enforced
