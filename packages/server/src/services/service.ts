/** Describes the services that a server offers, and what the call pipeline needs to know about each method. */
import * as protobuf from "@bufbuild/protobuf";
import type * as ck from "@grep11/cryptoki";
import { MAX_STRUCTURE_BYTES, type MessageCodec, plainCodec } from "@grep11/proto";
import { MAX_DATA_BYTES } from "../limits/sizes.ts";

/** A unary RPC. */
export interface ServiceMethod {
  readonly descriptor: protobuf.DescMethodUnary;
  /** The action that a caller must be authorised for, such as "sign". */
  readonly action: string;
  /** The size in bytes of the largest request, as a binary message. */
  readonly maxBytes: number;
  readonly request: MessageCodec<object, protobuf.Message>;
  readonly response: MessageCodec<object, protobuf.Message, protobuf.Message>;
  /** Returns the mechanisms (CKM_*) that a request names. Undefined if requests of this method have no mechanism. */
  readonly mechanismsOf?: (request: object) => readonly number[];
  /**
   * Returns a plain object with everything that the cost of a request depends on. Two requests with equal shapes cost
   * the same. Undefined if the shape is unknown.
   */
  readonly shapeOf?: (request: object) => object | undefined;
  /** Runs the method with a decoded request. */
  invoke(request: object, options: ck.CallOptions): Promise<object>;
}

/** A gRPC service, see {@link createService}. */
export interface Service {
  /** The full name of the service, such as "grep11.Crypto". */
  readonly name: string;
  readonly methods: readonly ServiceMethod[];
}

/** Defines how a service handles one of its methods. */
export interface MethodHandler<Input, Output> {
  /** The action that a caller must be authorised for. It is passed to the server's authoriser. */
  readonly action: string;
  /** The size in bytes of the largest request, as a binary message; default 64 KiB, at most 64 MiB. */
  readonly maxBytes?: number;
  /**
   * Handles a request. If it throws a CkError, the caller gets that error. For any other exception, the caller gets
   * CKR_GENERAL_ERROR.
   */
  handle(request: Input, options: ck.CallOptions): Promise<Output>;
}

type AnyHandler = MethodHandler<protobuf.Message, protobuf.MessageInitShape<protobuf.DescMessage>>;

/** Maps the local name of every method of a service to its handler. */
export type ServiceHandlers<S extends protobuf.DescService> = {
  readonly [M in keyof S["method"]]: MethodHandler<
    protobuf.MessageShape<S["method"][M]["input"]>,
    protobuf.MessageInitShape<S["method"][M]["output"]>
  >;
};

/**
 * Creates a service for Grep11ServerOptions.services. Its calls have the same admission, limits, interceptors and error
 * mapping as calls of grep11.Crypto. Throws TypeError for a method that streams or has no handler.
 */
export function createService<S extends protobuf.DescService>(service: S, handlers: ServiceHandlers<S>): Service {
  const methods = service.methods.map((descriptor): ServiceMethod => {
    const handler = (handlers as Partial<Record<string, AnyHandler>>)[descriptor.localName];
    if (!isUnary(descriptor)) throw new TypeError(`${descriptor.name} is a streaming method`);
    if (handler === undefined) throw new TypeError(`${descriptor.name} has no handler`);
    return {
      descriptor,
      action: handler.action,
      maxBytes: Math.min(handler.maxBytes ?? MAX_STRUCTURE_BYTES, MAX_DATA_BYTES),
      request: plainCodec(descriptor.input),
      response: plainCodec(descriptor.output) as MessageCodec<object, protobuf.Message>,
      invoke: async (request, options) =>
        protobuf.create(descriptor.output, await handler.handle(request as protobuf.Message, options)),
    };
  });
  return { name: service.typeName, methods };
}

function isUnary(method: protobuf.DescMethod): method is protobuf.DescMethodUnary {
  return method.methodKind === "unary";
}

/** Finds the methods of all services of a server. */
export class ServiceRegistry {
  readonly #methods: ReadonlyMap<string, ServiceMethod>;
  readonly #names: ReadonlySet<string>;

  /** Throws TypeError if two services have the same name. */
  constructor(services: readonly Service[]) {
    const methods = services.flatMap((service) => service.methods);
    this.#methods = new Map(methods.map((method) => [pathOf(method), method]));
    this.#names = new Set(services.map(({ name }) => name));
    if (this.#names.size < services.length) throw new TypeError("two services have the same name");
  }

  /** The full names of the services. */
  get names(): Iterable<string> {
    return this.#names;
  }

  /** The size in bytes of the largest request that any method accepts. */
  get largestRequest(): number {
    return Math.max(...[...this.#methods.values()].map(({ maxBytes }) => maxBytes));
  }

  /** Returns the method that `path` names, such as "/grep11.Crypto/SignInit". */
  method(path: string): ServiceMethod | undefined {
    return this.#methods.get(path);
  }

  /** Returns the name of the RPC in `path`, for error details, even if the service has no such method. */
  rpcOf(path: string): string {
    const [, service = "", rpc] = /^\/([\w.]+)\/(\w{1,64})$/.exec(path) ?? [];
    return rpc !== undefined && this.#names.has(service) ? rpc : "grep11.Crypto";
  }
}

function pathOf({ descriptor }: ServiceMethod): string {
  return `/${descriptor.parent.typeName}/${descriptor.name}`;
}
