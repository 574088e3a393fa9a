/** Turns the table in `methods.ts` into functions that convert between values of cryptoki, messages and bytes. */
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { BackwardWriter } from "./backward-writer.ts";
import { type Allocate, bytesMessageWriter } from "./bytes-message.ts";
import type { Field } from "./field.ts";
import { requireSmallStructure } from "./structure.ts";

/** The name of one of the 40 methods. */
export type Ep11Method = keyof ck.Ep11;
/** The request of the method `M`. */
export type RequestOf<M extends Ep11Method> = Parameters<ck.Ep11[M]>[0];
/** The response of the method `M`. */
export type ResponseOf<M extends Ep11Method> = Awaited<ReturnType<ck.Ep11[M]>>;

/** Maps each property of the cryptoki type `D` to the field that contains it in messages of type `W`. */
export type Fields<D, W, R = unknown> = { readonly [K in keyof D]-?: Field<D[K], W, R> };

/** Converts between a cryptoki type `D` and a message type `W`. For a response, `R` is the type of the request message. */
export interface MessageCodec<D, W, R = unknown> {
  /** Converts a message to a value. Errors: those of its fields (CKR_ARGUMENTS_BAD, CKR_MECHANISM_INVALID, ...). */
  decode(message: W): D;
  /** Converts a value to a message. For a response, `request` is its request, which only GetAttributeValue needs. */
  encode(value: D, request?: R): W;
  /**
   * Parses bytes as a message. Its bytes fields may be views of `bytes`. Errors: those of requireSmallStructure,
   * CKR_IBM_GREP11_CANNOT_UNMARSHAL for bytes that are not such a message.
   */
  parse(bytes: Uint8Array): W;
  /** Serialises a message to the end of the memory from `allocate`, which by default has exactly the right size. */
  serialise(message: W, allocate?: Allocate): Uint8Array;
  /** As serialise(encode(value, request), allocate), without creating a message if all fields can be written directly. */
  write(value: D, request?: R, allocate?: Allocate): Uint8Array;
}

const READ = { readUnknownFields: false } as const;
const WRITE = { writeUnknownFields: false } as const;

/** Creates the codec of the messages of `schema`, whose properties are in `fields`. */
export function messageCodec<D, S extends DescMessage, R = unknown>(
  schema: S,
  fields: Fields<D, MessageShape<S>, R>,
): MessageCodec<D, MessageShape<S>, R> {
  type Part = Field<D[keyof D], MessageShape<S>, R>;
  const plan = Object.entries(fields) as [keyof D, Part][];
  const write = directWriter<D>(schema, plan);
  const codec: Omit<MessageCodec<D, MessageShape<S>, R>, "write"> = {
    decode(message) {
      const value: { [K in keyof D]?: D[keyof D] } = {};
      for (const [name, field] of plan) {
        const part = field.decode(message);
        if (part !== undefined) value[name] = part;
      }
      return value as D;
    },
    encode(value, request) {
      const message = create(schema);
      for (const [name, field] of plan) field.encode(value[name], message, request);
      return message;
    },
    ...wireCodec(schema),
  };
  return {
    ...codec,
    write: (value, request, allocate) =>
      write?.(value, allocate) ?? codec.serialise(codec.encode(value, request), allocate),
  };
}

/** Creates the codec of a service whose handlers take and return the messages of `schema` unchanged. */
export function plainCodec<S extends DescMessage>(schema: S): MessageCodec<MessageShape<S>, MessageShape<S>> {
  const codec = wireCodec(schema);
  return {
    ...codec,
    decode: (message) => message,
    encode: (message) => message,
    write: (message, _request, allocate) => codec.serialise(message, allocate),
  };
}

/** Creates a converter between bytes and messages of `schema`. */
function wireCodec<S extends DescMessage>(
  schema: S,
): Pick<MessageCodec<never, MessageShape<S>>, "parse" | "serialise"> {
  return {
    parse(bytes) {
      requireSmallStructure(schema, bytes);
      try {
        // Parses a plain Uint8Array, because fields that are views of a Buffer would also be Buffers, whose slice()
        // does not copy.
        return fromBinary(schema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), READ);
      } catch {
        throw new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, `the bytes are not a ${schema.name}`);
      }
    },
    serialise: bytesMessageWriter(schema) ?? ((message, allocate) => atEnd(toBinary(schema, message, WRITE), allocate)),
  };
}

/**
 * Returns a function that writes values without creating messages. Returns undefined if a field cannot be written directly, and
 * for messages with only bytes fields, which bytesMessageWriter writes faster.
 */
function directWriter<D>(
  schema: DescMessage,
  plan: readonly (readonly [keyof D, Pick<Field<D[keyof D], never>, "direct">])[],
): ((value: D, allocate: Allocate | undefined) => Uint8Array) | undefined {
  if (bytesMessageWriter(schema) !== undefined || plan.some(([, { direct }]) => direct === undefined)) return undefined;
  const parts = plan
    .flatMap(([property, { direct = [] }]) => direct.map((field) => ({ property, ...field })))
    .map(({ property, name, write }) => ({ property, write, number: schema.field[name]!.number }))
    .sort((a, b) => b.number - a.number);
  const writer = new BackwardWriter();
  return (value, allocate) => {
    try {
      for (const { property, write, number } of parts) write(value[property], writer, number);
      return writer.take(allocate);
    } finally {
      writer.clear();
    }
  };
}

/** Copies `message` to the end of the memory from `allocate`, if that is given. */
function atEnd(message: Uint8Array, allocate: Allocate | undefined): Uint8Array {
  if (allocate === undefined) return message;
  const wire = allocate(message.length);
  wire.set(message, wire.length - message.length);
  return wire;
}
