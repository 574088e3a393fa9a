/**
 * The JSON form of messages. @bufbuild/protobuf converts base64 character by character, so the long bytes fields of a message
 * bypass it: it converts the message with a random placeholder in the place of each of them. A string that is read is not known
 * to be in a bytes field. If its placeholder is not found in one afterwards, protobuf-es reads the whole message again.
 */
import { randomUUID } from "node:crypto";
import { type DescMessage, fromJsonString, type Message, toJsonString } from "@bufbuild/protobuf";

/** The number of base64 characters, and of bytes, from which a placeholder costs less than converting the field itself. */
const LONG = 512;
/** How many quotes are searched for: more than any message has that is not refused for the number of its names. */
const MAX_QUOTES = 8192;
const QUOTE = '"'.charCodeAt(0);
/** A JSON string that can be a placeholder: base64 of 27 bytes. The group is in the result of split(). */
const PLACEHOLDER = /"([A-Za-z0-9+/]{36})"/;
const PLACEHOLDER_BYTES = 27;

/**
 * Returns the message that `json` encodes. Returns undefined if protobuf-es would have to read a text that is not `isFast`.
 * Errors: those of fromJsonString.
 */
export function fromJsonBytes(
  schema: DescMessage,
  json: Uint8Array,
  isFast: (text: Uint8Array) => boolean,
): Message | undefined {
  const { text, values } = detachBase64(json);
  if (!isFast(text)) return undefined;
  try {
    const message = attach(fromText(schema, text), values);
    if (message !== undefined) return message;
  } catch (thrown) {
    // A placeholder in a field of another type is an error, but the string that it replaces may be valid.
    if (values.size === 0 || !isFast(json)) throw thrown;
  }
  return isFast(json) ? fromText(schema, json) : undefined;
}

function fromText(schema: DescMessage, text: Uint8Array): Message {
  return fromJsonString(schema, new TextDecoder().decode(text), { ignoreUnknownFields: true });
}

/** Returns `message` with `values` in place of their placeholders; undefined if some of them are not in bytes fields. */
function attach(message: Message, values: ReadonlyMap<string, Uint8Array>): Message | undefined {
  if (values.size === 0) return message;
  let found = 0;
  const whole = mapBytes(message, (bytes) => {
    const value = bytes.length === PLACEHOLDER_BYTES ? values.get(base64Of(bytes)) : undefined;
    if (value !== undefined) found += 1;
    return value ?? bytes;
  });
  return found === values.size ? whole : undefined;
}

/**
 * Replaces the long base64 strings of `json` by placeholders. Returns the values of the strings by placeholder. After an escaped
 * quote, some of what is replaced may not be a whole string. No bytes field contains that.
 */
function detachBase64(json: Uint8Array): { text: Uint8Array; values: Map<string, Uint8Array> } {
  const buffer = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const values = new Map<string, Uint8Array>();
  const parts: Uint8Array[] = [];
  let copied = 0;
  let close = -1;
  for (let quotes = 0; quotes < MAX_QUOTES; quotes += 2) {
    const open = buffer.indexOf(QUOTE, close + 1);
    close = buffer.indexOf(QUOTE, open + 1);
    if (open < 0 || close < 0) break;
    if (close - open <= LONG) continue;
    const value = decodeBase64(buffer.toString("latin1", open + 1, close));
    if (value === undefined) continue;
    const placeholder = createPlaceholder().toString("base64");
    values.set(placeholder, value);
    parts.push(buffer.subarray(copied, open + 1), Buffer.from(placeholder));
    copied = close;
  }
  return { text: values.size === 0 ? json : Buffer.concat([...parts, buffer.subarray(copied)]), values };
}

/** Returns the JSON form of `message`. Errors: those of toJsonString. */
export function toJsonBytes(schema: DescMessage, message: Message): Uint8Array {
  const values = new Map<string, Uint8Array>();
  const short = mapBytes(message, (bytes) => {
    if (bytes.length < LONG) return bytes;
    const placeholder = createPlaceholder();
    values.set(placeholder.toString("base64"), bytes);
    return placeholder;
  });
  if (values.size === 0) return Buffer.from(toJsonString(schema, message));
  return Buffer.concat(
    toJsonString(schema, short)
      .split(PLACEHOLDER)
      .map((part, index) => {
        if (index % 2 === 0) return Buffer.from(part);
        const value = values.get(part);
        return Buffer.from(`"${value === undefined ? part : base64Of(value)}"`, "latin1");
      }),
  );
}

/** Returns undefined for what this decodes differently from protobuf-es. */
function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  if (digits % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4));
  // Node skips characters that are not in the alphabet, and then writes fewer bytes.
  return Buffer.from(bytes.buffer).write(text, "base64") === bytes.length ? bytes : undefined;
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/** Returns bytes that no message contains by accident or on purpose. A UUID consists of characters of the URL-safe alphabet. */
function createPlaceholder(): Buffer {
  return Buffer.from(randomUUID(), "base64");
}

/** Returns a copy of `node`, a message or part of one, with `convert` applied to all bytes in it. */
function mapBytes<T>(node: T, convert: (bytes: Uint8Array) => Uint8Array): T {
  if (typeof node !== "object" || node === null) return node;
  if (node instanceof Uint8Array) return convert(node) as T & Uint8Array;
  // Spreading copies the key "__proto__" of a map, too. The prototype of a message contains its default values.
  const copy = Array.isArray(node) ? [...node] : Object.setPrototypeOf({ ...node }, Object.getPrototypeOf(node));
  for (const key of Object.keys(copy)) copy[key] = mapBytes<unknown>(copy[key], convert);
  return copy;
}
