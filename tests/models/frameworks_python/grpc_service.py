from concurrent import futures

import grpc
from payments_pb2_grpc import PaymentsServicer, add_PaymentsServicer_to_server

from core import bank_token, fits, post


class Code(grpc.ServerInterceptor):
    def intercept_service(self, continuation, details):
        metadata = dict(details.invocation_metadata)
        if not fits(find_user(metadata), metadata.get("x-code")):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: context.abort(grpc.StatusCode.PERMISSION_DENIED, "code"))
        return continuation(details)


class Payments(PaymentsServicer):
    def Pay(self, request, context):
        return post(request.guid, "/api/transfers")  # mfa: enforced

    def Token(self, request, context):
        return Reply(token=bank_token())


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(2), interceptors=[Code()])
    add_PaymentsServicer_to_server(Payments(), server)
    server.start()


serve()
