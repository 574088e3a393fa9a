/** Decodes requests and encodes responses, as protobuf or JSON, with or without an envelope. */
import type { Message } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import type { ServiceMethod } from "../services/service.ts";
import { jsonResponseTooLarge, jsonTooLarge, unwritable } from "../status.ts";
import { allocateEnvelope, encloseMessage, openEnvelope } from "./envelope.ts";
import type { RequestHead } from "./exchange.ts";
import { fromJsonBytes, toJsonBytes } from "./json.ts";

/**
 * How many bytes of a JSON body may be text other than long base64 strings. Such text takes tens of times as long to
 * read.
 */
const MAX_JSON_TEXT = 128 * 1024;
/**
 * How many names, elements and brackets a JSON body may have. A request with two of the largest templates has about
 * 1,300.
 */
const MAX_JSON_TOKENS = 2048;
/**
 * How many digits may follow one another in a JSON body. The limit is needed because the time to parse a number grows
 * faster than its length.
 */
const MAX_JSON_DIGITS = 16 * 1024;
/**
 * The classes of bytes that are counted, because they take most of the time of parsing JSON. All other bytes have class
 * 0.
 */
const [TOKEN, DIGIT] = [1, 2];
const JSON_BYTES = new Uint8Array(256);
for (const byte of Buffer.from(":,[{")) JSON_BYTES[byte] = TOKEN;
for (const byte of Buffer.from("0123456789")) JSON_BYTES[byte] = DIGIT;

type Form = Pick<RequestHead, "json" | "enveloped">;

/**
 * Decodes a request of `method`. Throws CKR_IBM_TRANSPORT_LIMIT if `body` would take too long to parse, and
 * CKR_IBM_GREP11_CANNOT_UNMARSHAL if it is not exactly one message.
 */
export function parseMessage(method: ServiceMethod, body: Uint8Array, form: Form, maxBytes: number): Message {
  const bytes = form.enveloped ? openEnvelope(body) : body;
  if (!form.json) return method.request.parse(bytes);
  const { input } = method.descriptor;
  let message: Message | undefined;
  try {
    message = fromJsonBytes(input, bytes, isFastToParse);
  } catch {
    throw new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, `the bytes are not a ${input.name}`);
  }
  if (message === undefined) throw jsonTooLarge(maxBytes);
  return message;
}

function isFastToParse(json: Uint8Array): boolean {
  if (json.length > MAX_JSON_TEXT) return false;
  let tokens = 0;
  let digits = 0;
  // Does not use `for...of`, which takes thirty times as long for a buffer.
  for (let at = 0; at < json.length; at += 1) {
    const kind = JSON_BYTES[json[at]!];
    if (kind === TOKEN) tokens += 1;
    digits = kind === DIGIT ? digits + 1 : 0;
    if (tokens > MAX_JSON_TOKENS || digits > MAX_JSON_DIGITS) return false;
  }
  return true;
}

/**
 * Encodes `response`, the response to `request`, in the form in which it is sent.
 * - Throws CKR_IBM_GREP11_CANNOT_MARSHAL, or the codec's own error, if the response cannot be encoded.
 * - Throws CKR_IBM_TRANSPORT_LIMIT if a response is to be sent as JSON and has more than `maxJsonBytes` bytes in binary
 *   form.
 */
export function writeMessage(
  { response: codec, descriptor }: ServiceMethod,
  response: object,
  request: Message,
  { json, enveloped }: Form,
  maxJsonBytes: number,
): Uint8Array {
  try {
    if (!json) return codec.write(response, request, enveloped ? allocateEnvelope : undefined);
    const message = codec.encode(response, request);
    if (codec.serialise(message).length > maxJsonBytes) throw jsonResponseTooLarge();
    const text = toJsonBytes(descriptor.output, message);
    return enveloped ? encloseMessage(text) : text;
  } catch (thrown) {
    throw thrown instanceof ck.CkError ? thrown : unwritable(thrown);
  }
}
