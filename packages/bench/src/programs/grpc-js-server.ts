/** The server variant `grpcJs` uses @grpc/grpc-js. It echoes every request. */

import { codecs } from "@grep11/proto";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { serveParent } from "../child.ts";

const bytes = (buffer: Buffer): Buffer => buffer;

const handlers = {
  /** Starts the server and returns its port. */
  start(): Promise<number> {
    const server = new Server({
      "grpc.max_receive_message_length": 64 << 20,
      "grpc.max_send_message_length": 64 << 20,
    });
    const methods = Object.values(codecs).map(({ rpc }) => rpc);
    const unary = {
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    };
    const definition = Object.fromEntries(methods.map((rpc) => [rpc, { path: `/grep11.Crypto/${rpc}`, ...unary }]));
    const echo: UntypedServiceImplementation[string] = (
      call: { request: Buffer },
      callback: (error: null, response: Buffer) => void,
    ) => callback(null, call.request);
    server.addService(definition, Object.fromEntries(methods.map((rpc) => [rpc, echo])));
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
    return promise;
  },
};
export type GrpcJsServerProgram = typeof handlers;
serveParent(handlers);
