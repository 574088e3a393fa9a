/** Connects to an Ep11 through the codec, but without a network. */
import { ConnectError, createRouterTransport, type ServiceImpl, type Transport } from "@connectrpc/connect";
import * as ck from "@grep11/cryptoki";
import * as proto from "@grep11/proto";

/** Returns a transport to `ep11` that serialises and parses every request and response. */
export function createInMemoryTransport(ep11: ck.Ep11): Transport {
  const implementation = Object.fromEntries(ck.EP11_METHODS.map((method) => [method, handler(ep11, method)]));
  return createRouterTransport((router) => {
    router.service(proto.wire.Crypto, implementation as Partial<ServiceImpl<typeof proto.wire.Crypto>>);
  });
}

function handler<M extends proto.Ep11Method>(ep11: ck.Ep11, method: M) {
  const { rpc, request, response } = proto.codecs[method];
  const call = ep11[method] as (decoded: proto.RequestOf<M>) => Promise<proto.ResponseOf<M>>;
  return async (message: proto.WireRequestOf<M>) => {
    try {
      return response.encode(await call(request.decode(message)), message);
    } catch (thrown) {
      const error = ck.CkError.from(thrown);
      const detail = { desc: proto.Grep11ErrorSchema, value: proto.encodeError(error, rpc) };
      throw new ConnectError(error.rvName, undefined, undefined, [detail], error);
    }
  };
}
