/** Creates the fields for keys in requests and in responses. */
import { create } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { KeyBlobSchema, type KeyBlob as WireKeyBlob } from "../gen/grep11/server_pb.ts";
import { parseDescription, wireAttributes, writeAttributes } from "./attributes.ts";
import type { BackwardWriter } from "./backward-writer.ts";
import { directBytes, type Field, type Has, numberOf, wireInteger } from "./field.ts";

/** A message that has a key in its current form, the field `N`, and in its older form, the field `O`. */
type HasKey<N extends string, O extends string> = { [K in N]?: WireKeyBlob | undefined } & Has<O, Uint8Array>;

const NO_KEY = new Uint8Array(0);

/** Returns the sealed bytes of a key argument: KeyBlobs[0] if it is not empty, else the older form. */
function sealedBytesOf(present: WireKeyBlob | undefined, older: Uint8Array): Uint8Array {
  const sealed = present?.KeyBlobs[0];
  return sealed === undefined || sealed.length === 0 ? older : sealed;
}

/**
 * Converts a key argument to a message that contains only its sealed bytes. The rest of a KeyBlob is a description,
 * which servers must not trust.
 */
function wireArgument(key: ck.KeyArgument | undefined): WireKeyBlob | undefined {
  const sealed = ck.sealedBytes(key);
  if (sealed.length === 0) return undefined;
  const message = create(KeyBlobSchema);
  message.KeyBlobs.push(sealed);
  return message;
}

/** Writes the message of wireArgument directly as bytes. */
function writeArgument(key: ck.KeyArgument | undefined, writer: BackwardWriter, number: number): void {
  const sealed = ck.sealedBytes(key);
  if (sealed.length === 0) return;
  const before = writer.length;
  writer.bytes(KeyBlobs.number, sealed);
  writer.close(number, before);
}

function wireKeyBlob(key: ck.KeyBlob): WireKeyBlob {
  const message = create(KeyBlobSchema);
  message.KeyBlobID = key.keyBlobId;
  message.Version = wireInteger(key.version, "Version");
  message.TxID = key.txId;
  message.Attributes = wireAttributes(key.attributes);
  message.KeyBlobs = [...key.keyBlobs];
  return message;
}

const { KeyBlobID, Version, TxID, Attributes, KeyBlobs } = KeyBlobSchema.field;

/**
 * Writes the message of wireKeyBlob directly as bytes. Without this function, creating a key would take three times as
 * long, not counting the cryptography.
 */
function writeKeyBlob(key: ck.KeyBlob, writer: BackwardWriter, number: number): void {
  const before = writer.length;
  for (const sealed of key.keyBlobs.toReversed()) writer.bytes(KeyBlobs.number, sealed);
  writeAttributes(key.attributes, writer, Attributes.number);
  if (key.txId.length !== 0) writer.bytes(TxID.number, key.txId);
  if (key.version !== 0) writer.integer(Version.number, Number(wireInteger(key.version, "Version")));
  if (key.keyBlobId.length !== 0) writer.bytes(KeyBlobID.number, key.keyBlobId);
  writer.close(number, before);
}

function parseKeyBlob(message: WireKeyBlob): ck.KeyBlob {
  return {
    keyBlobId: message.KeyBlobID,
    version: numberOf(message.Version, "Version"),
    txId: message.TxID,
    attributes: parseDescription(message.Attributes),
    keyBlobs: message.KeyBlobs,
  };
}

function set<T>(message: object, name: string, value: T): void {
  (message as Record<string, T>)[name] = value;
}

/** Creates a field for a key that the RPC needs. If the request has no key, the value is empty, and the engine refuses it. */
export function key<N extends string, O extends string>(name: N, older: O): Field<ck.KeyArgument, HasKey<N, O>> {
  return {
    decode: (message) => sealedBytesOf(message[name], message[older]),
    encode: (value, message) => set(message, name, wireArgument(value)),
    direct: [{ name, write: writeArgument }],
  };
}

/** Creates a field for an optional key; undefined if the request has none. */
export function optionalKey<N extends string, O extends string>(
  name: N,
  older: O,
): Field<ck.KeyArgument | undefined, HasKey<N, O>> {
  return {
    decode: (message) => {
      const sealed = sealedBytesOf(message[name], message[older]);
      return sealed.length === 0 ? undefined : sealed;
    },
    encode: (value, message) => set(message, name, wireArgument(value)),
  };
}

/** Creates a field for a key with its description, for RewrapKeyBlob. */
export function wholeKey<N extends string, O extends string>(name: N, older: O): Field<ck.KeyArgument, HasKey<N, O>> {
  return {
    decode: (message) => {
      const present: WireKeyBlob | undefined = message[name];
      return present?.KeyBlobs[0]?.length ? parseKeyBlob(present) : message[older];
    },
    encode: (value, message) =>
      set(message, name, value instanceof Uint8Array ? wireArgument(value) : wireKeyBlob(value)),
  };
}

/**
 * Creates a field for a key in a response. It writes both forms with the same bytes, and reads the older form if a
 * server sends only the older form.
 */
export function resultKey<N extends string, O extends string>(name: N, older: O): Field<ck.KeyBlob, HasKey<N, O>> {
  return {
    decode: (message) => {
      const present: WireKeyBlob | undefined = message[name];
      if (present?.KeyBlobs[0]?.length) return parseKeyBlob(present);
      return { keyBlobId: NO_KEY, version: 0, txId: NO_KEY, attributes: new Map(), keyBlobs: [message[older]] };
    },
    encode: (value, message) => {
      set(message, name, wireKeyBlob(value));
      set(message, older, ck.sealedBytes(value));
    },
    direct: [{ name, write: writeKeyBlob }, directBytes(older, ck.sealedBytes)],
  };
}
