/**
 * A GREP11 client that behaves like older clients. It uses @grpc/grpc-js without a .proto file, and encodes messages field by
 * field with the field numbers of an older generation. Sources: docs/reference/wire.md#generations,
 * docs/reference/wire.md#attributes.
 */
import type * as ck from "@grep11/cryptoki";
import * as grpc from "@grpc/grpc-js";
import { fieldsIn } from "./grpc-js.ts";

/** One field of a message. The value is a varint (number) or length-delimited (bytes, a string or an embedded message). */
export type WireField = readonly [number: number, value: number | bigint | Uint8Array | string];

/** Encodes `fields` as a protobuf message. Zero and empty values are omitted, as in proto3. */
export function encode(...fields: readonly WireField[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === "number" || typeof value === "bigint") {
        return BigInt(value) === 0n
          ? Buffer.alloc(0)
          : Buffer.concat([varint(BigInt(number) << 3n), varint(BigInt(value))]);
      }
      const content = Buffer.from(value);
      return content.length === 0
        ? content
        : Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(content.length)), content]);
    }),
  );
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A parsed response. If a field occurs several times, the last occurrence counts. */
export class Response {
  readonly #fields: ReadonlyMap<number, Buffer | number>;
  /** The entries of all maps. `number` is the field number of the map. */
  readonly #entries: readonly { readonly number: number; readonly content: Buffer | number }[];

  constructor(message: Buffer) {
    this.#entries = fieldsIn(message);
    this.#fields = new Map(this.#entries.map(({ number, content }) => [number, content]));
  }

  /** Returns the bytes of a field; empty if it is absent. */
  bytes(number: number): Uint8Array {
    const content = this.#fields.get(number) ?? Buffer.alloc(0);
    if (typeof content === "number") throw new Error(`field ${number} is a number`);
    return new Uint8Array(content);
  }

  /** Returns the number in a field; 0 if it is absent. */
  number(number: number): number {
    const content = this.#fields.get(number) ?? 0;
    if (typeof content !== "number") throw new Error(`field ${number} is bytes`);
    return content;
  }

  /** Returns the entries of a map with keys below 2^53. Each value is the content of the entry's value field. */
  map(number: number): ReadonlyMap<number, Buffer | number> {
    const entries = this.#entries.filter((entry) => entry.number === number);
    return new Map(
      entries.map(({ content }) => {
        const [key, value] = fieldsIn(content as Buffer);
        return [key!.content as number, value!.content];
      }),
    );
  }
}

/** Encodes a template as field `number` of a message, in the form of one generation. */
export type TemplateForm = (number: number, template: ck.Template) => WireField[];

/** Generation 0 has `map<uint64, bytes>`. A boolean takes one byte and an integer eight bytes, big-endian. */
export const bytesMap: TemplateForm = (number, template) =>
  [...template].map(([attribute, value]) => [number, encode([1, attribute], [2, olderValue(value)])]);

function olderValue(value: ck.AttributeValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/**
 * Generation 1 has `map<uint64, AttributeValue>`. An AttributeValue contains bytes (field 1), a bool (field 2) or an int64 (field
 * 3).
 */
export const valueMap: TemplateForm = (number, template) =>
  [...template].map(([attribute, value]) => {
    const member = value instanceof Uint8Array ? 1 : typeof value === "boolean" ? 2 : 3;
    // A member of a oneof is encoded even if it is zero.
    const zero = value === false || value === 0 ? Buffer.from([member << 3, 0]) : undefined;
    const stated = typeof value === "boolean" ? Number(value) : value;
    return [number, encode([1, attribute], [2, zero ?? encode([member, stated])])];
  });

/** A client that sends encoded messages and returns parsed responses. */
export class RawClient {
  readonly #client: grpc.Client;

  constructor(address: string) {
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure());
  }

  /** Calls an RPC. A failed call rejects with the grpc.ServiceError of the library. */
  call(rpc: string, ...fields: readonly WireField[]): Promise<Response> {
    const asIs = (message: Buffer) => message;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(`/grep11.Crypto/${rpc}`, asIs, asIs, encode(...fields), (error, response) =>
        error === null ? resolve(new Response(response!)) : reject(error),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
