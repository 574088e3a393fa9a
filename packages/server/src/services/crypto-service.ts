/** Creates the service grep11.Crypto, which has the 40 methods of an Ep11. */
import * as ck from "@grep11/cryptoki";
import { codecs, type Ep11Method, MAX_STRUCTURE_BYTES, wire } from "@grep11/proto";
import { ACTIONS } from "./actions.ts";
import type { Service, ServiceMethod } from "./service.ts";

/** The names of request fields that contain the caller's data, which can have any length. */
const DATA_FIELDS: ReadonlySet<string> = new Set(["Data", "Plain", "Ciphered", "Wrapped"]);

/**
 * Creates the service for `ep11`. Requests with a field of DATA_FIELDS may have `maxDataBytes` bytes. All others may
 * have MAX_STRUCTURE_BYTES.
 */
export function cryptoService(ep11: ck.Ep11, maxDataBytes: number): Service {
  return {
    name: wire.Crypto.typeName,
    methods: ck.EP11_METHODS.map((method) => cryptoMethod(ep11, method, maxDataBytes)),
  };
}

function cryptoMethod<M extends Ep11Method>(ep11: ck.Ep11, method: M, maxDataBytes: number): ServiceMethod {
  const descriptor = wire.Crypto.method[method];
  const carriesData = descriptor.input.fields.some((field) => DATA_FIELDS.has(field.name));
  return {
    descriptor,
    action: ACTIONS[method],
    maxBytes: carriesData ? maxDataBytes : MAX_STRUCTURE_BYTES,
    ...(codecs[method] as unknown as Pick<ServiceMethod, "request" | "response">),
    mechanismsOf: ck.mechanismsOf,
    shapeOf,
    invoke(request, options) {
      const call = ep11[method] as unknown as (request: object, options: ck.CallOptions) => Promise<object>;
      return call.call(ep11, request, options);
    },
  };
}

/**
 * The members of requests that contain data. Only the length of the data decides how expensive a call is, not the
 * content.
 */
const DATA = ["data", "plain", "ciphered", "wrapped", "signature"];

/**
 * Returns a copy of a request in which the data is replaced by its length. Returns undefined for a request without a
 * mechanism.
 */
function shapeOf(request: object): object | undefined {
  if (!("mech" in request)) return undefined;
  const shape: Record<string, unknown> = { ...request };
  for (const name of DATA) {
    const data = shape[name];
    if (data instanceof Uint8Array) shape[name] = data.length;
  }
  return shape;
}
