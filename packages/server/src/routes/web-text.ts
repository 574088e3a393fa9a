/**
 * Supports gRPC-Web in text mode, the default of Google's grpc-web. It sends the frames of a body as base64 (gRPC's
 * PROTOCOL-WEB.md).
 */
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { tooLarge, unreadable } from "../status.ts";
import type { HttpExchange, HttpResponse } from "./http-exchange.ts";
import type { RequestForm } from "./request-form.ts";

const BINARY = "application/grpc-web";
const TEXT = "application/grpc-web-text";
/** How many separately padded base64 parts a body may have. Clients pad either the whole body or each frame. */
const MAX_PARTS = 256;
const PADDING = "=".charCodeAt(0);

/** Returns how many base64 characters a body of `maxBytes` bytes has at most, if it has MAX_PARTS padded parts. */
export function textLimit(maxBytes: number): number {
  return 4 * (Math.ceil(maxBytes / 3) + MAX_PARTS);
}

/**
 * Returns the bytes that `text` encodes. Throws CKR_IBM_GREP11_CANNOT_UNMARSHAL if `text` is not padded base64, and
 * CKR_IBM_TRANSPORT_LIMIT if it has more than MAX_PARTS parts.
 */
export function decodeText(text: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const { buffer, byteOffset, length } = text;
  const whole = Buffer.from(buffer, byteOffset, length);
  for (let from = 0; from < length; ) {
    if (parts.length === MAX_PARTS) throw tooLarge();
    const padding = whole.indexOf(PADDING, from);
    const to = padding < 0 ? length : whole[padding + 1] === PADDING ? padding + 2 : padding + 1;
    const padded = padding < 0 ? 0 : to - padding;
    const part = Buffer.from(whole.toString("latin1", from, to), "base64");
    // Node skips characters that are not base64, so the length of the result shows that there were some.
    if ((to - from) % 4 !== 0 || part.length !== ((to - from) / 4) * 3 - padded) throw unreadable();
    parts.push(part);
    from = to;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** Returns `contentType`, except that a content type of text mode is converted to the one for binary frames. */
export function binaryType(contentType: string | undefined): string | undefined {
  return contentType?.replace(/-text\b/i, "");
}

/**
 * Converts a gRPC-Web response to text. The text is padded only at its end, because some clients do not accept padding
 * in the middle.
 */
export function textResponse({ status, fields, body }: HttpResponse): HttpResponse {
  const [name = "", type = ""] = fields;
  return { status, fields: [name, type.replace(BINARY, TEXT), ...fields.slice(2)], body: body && encode(body) };
}

/**
 * Converts the frames of a response to text. If `streams` is true, each frame is converted on its own, so that the
 * client can decode it when it arrives.
 */
export function asText(response: UniversalServerResponse, streams: boolean): UniversalServerResponse {
  const type = response.header?.get("content-type");
  if (response.body === undefined || !type?.startsWith(BINARY)) return response;
  const header = new Headers(response.header);
  header.set("content-type", type.replace(BINARY, TEXT));
  return { ...response, header, body: streams ? encodeEach(response.body) : encodeWhole(response.body) };
}

async function* encodeEach(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) yield encode(frame);
}

/** Encodes all frames together as one base64 text, which is padded only at its end. */
async function* encodeWhole(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const frame of frames) all.push(frame);
  yield encode(Buffer.concat(all));
}

function encode({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(buffer, byteOffset, length).toString("base64"), "latin1");
}

/**
 * Returns whether the response to a gRPC-Web request must be sent as text. The header `accept` decides. Without it, the
 * response has the form of the request.
 */
export function wantsText(exchange: HttpExchange, { protocol, text }: RequestForm): boolean {
  const accept = exchange.header("accept")?.toLowerCase() ?? "";
  if (protocol !== "grpc-web" || accept.includes(TEXT)) return protocol === "grpc-web";
  return text && !accept.includes(BINARY);
}
