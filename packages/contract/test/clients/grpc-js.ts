/** A GREP11 client on @grpc/grpc-js. It reads the .proto files itself and uses none of our code. */
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** A message as proto-loader represents it. */
export type Message = Record<string, unknown>;

type Call = (request: Message, done: (error: grpc.ServiceError | null, response: Message) => void) => void;

const OPTIONS = {
  includeDirs: [fileURLToPath(new URL("../../../../proto", import.meta.url))],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
};

/** Calls RPCs by name. */
export class GrpcJsClient {
  readonly #client: grpc.Client & Record<string, Call>;
  /** Names of the RPCs called so far. */
  readonly called = new Set<string>();

  constructor(address: string) {
    const { grep11 } = grpc.loadPackageDefinition(loadSync("grep11/server.proto", OPTIONS)) as unknown as {
      grep11: {
        Crypto: new (address: string, credentials: grpc.ChannelCredentials) => grpc.Client & Record<string, Call>;
      };
    };
    this.#client = new grep11.Crypto(address, grpc.credentials.createInsecure());
  }

  /** Calls an RPC. A failed call rejects with the grpc.ServiceError of the library. */
  call(rpc: string, request: Message): Promise<Message> {
    this.called.add(rpc);
    return new Promise((resolve, reject) => {
      this.#client[rpc]!(request, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Returns the Grep11Errors in the details of a failed call, decoded from the bytes of google.rpc.Status. */
export function errorDetails(error: grpc.ServiceError): Message[] {
  return error.metadata.get("grpc-status-details-bin").flatMap((status) => anysIn(status as Buffer));
}

/**
 * Returns the `details` of a google.rpc.Status (field 3). Each of them is an Any with type_url (field 1) and value (field 2).
 */
function anysIn(status: Buffer): Message[] {
  return fieldsIn(status)
    .filter(({ number }) => number === 3)
    .map(({ content }) => {
      const any = fieldsIn(content as Buffer);
      const text = any.find(({ number }) => number === 1)?.content as Buffer;
      const value = any.find(({ number }) => number === 2)?.content as Buffer;
      const fields = new Map(fieldsIn(value).map(({ number, content }) => [number, content]));
      return { type: text.toString(), code: fields.get(1), detail: fields.get(2)?.toString(), retry: fields.get(3) };
    });
}

/** Returns the varint and length-delimited fields of a protobuf message. */
export function fieldsIn(message: Buffer): { readonly number: number; readonly content: Buffer | number }[] {
  const fields: { number: number; content: Buffer | number }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const size = varint();
    if ((tag & 7) === 0) fields.push({ number: tag >> 3, content: size });
    else {
      fields.push({ number: tag >> 3, content: message.subarray(at, at + size) });
      at += size;
    }
  }
  return fields;
}
