import grpc
from payments_pb2_grpc import PaymentsServicer

from core import fits, post


class Payments(PaymentsServicer):
    async def Pay(self, request, context):
        if not fits(request.user, request.code):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "code")
        return post(request.guid, "/api/transfers")  # mfa: enforced

    async def Sloppy(self, request, context):
        if not fits(request.user, request.code):
            context.set_code(grpc.StatusCode.PERMISSION_DENIED)
        return post(request.guid, "/api/transfers")  # mfa: ignored
