/** Request bodies, read whole: within a size, within a time, and cheap to parse. */
import type { Readable } from "node:stream";
import type { DescMessage } from "@bufbuild/protobuf";
import type { CkError } from "@grep11/cryptoki";
import { requireSmallStructure } from "@grep11/proto";
import { busy, canceled, timedOut, tooLarge } from "../status.ts";
import { ENVELOPE_BYTES, openEnvelope } from "./envelope.ts";

/** For a request to arrive, and for its response to be read. */
export const DEFAULT_BODY_TIMEOUT_MS = 30_000;
/** So many pieces are joined: frames of one byte each would take a hundred times the memory that is counted. */
const MOST_PIECES = 512;
/** Most names, elements and brackets of a JSON body; two of the largest templates need about 1,300. */
const MAX_JSON_TOKENS = 2048;
/** Longest run of digits in a JSON body: the time to read an integer grows faster than its length. */
const MAX_JSON_DIGITS = 16 * 1024;
/** What a byte of JSON adds to the time that parsing takes; all others have 0. */
const [TOKEN, DIGIT] = [1, 2];
const JSON_BYTES = new Uint8Array(256);
for (const byte of Buffer.from(":,[{")) JSON_BYTES[byte] = TOKEN;
for (const byte of Buffer.from("0123456789")) JSON_BYTES[byte] = DIGIT;

/** Counts bytes that are kept (Call.hold). */
export interface Holder {
  /** Answers false when these are too many. */
  hold(bytes: number): boolean;
}

/**
 * The whole body of `request`, whose length may be `announced` by its head, counted by `holder`. Errors:
 * CKR_IBM_TRANSPORT_LIMIT beyond `maxBytes`, as soon as that is known; CKR_DEVICE_MEMORY with `retry` when the holder has
 * no room; CKR_IBM_REQ_TIMEOUT when it takes longer than `timeoutMs`; CKR_FUNCTION_CANCELED
 * when the caller hangs up.
 */
export function readBody(
  request: Readable,
  announced: string | undefined,
  maxBytes: number,
  timeoutMs: number = DEFAULT_BODY_TIMEOUT_MS,
  holder?: Holder,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let recent: Uint8Array[] = [];
    let length = 0;
    if (Number(announced ?? 0) > maxBytes) return reject(tooLarge());
    // A body of no bytes can end before anybody reads.
    if (request.readableEnded) return resolve(new Uint8Array(0));
    const leave = (): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
    };
    const stop = (error: CkError): void => {
      leave();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Uint8Array): void => {
      length += chunk.length;
      recent.push(chunk);
      if (recent.length === MOST_PIECES) {
        chunks.push(Buffer.concat(recent));
        recent = [];
      }
      if (length > maxBytes) stop(tooLarge());
      else if (holder?.hold(chunk.length) === false) stop(busy("too many bytes of requests are in flight"));
    };
    const onEnd = (): void => {
      leave();
      chunks.push(...recent);
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    };
    const onClose = (): void => stop(canceled());
    const timer = setTimeout(() => stop(timedOut("the request did not arrive in time")), timeoutMs);
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/** `maxBytes` for a message, with room for its envelope if the protocol has one. */
export function bodyLimit(maxBytes: number, enveloped: boolean): number {
  return enveloped ? maxBytes + ENVELOPE_BYTES : maxBytes;
}

/**
 * Refuses a body that is not exactly one message, or that would take long to parse. Errors: CKR_IBM_TRANSPORT_LIMIT,
 * CKR_IBM_GREP11_CANNOT_UNMARSHAL.
 */
export function requireCheapMessage(body: Uint8Array, schema: DescMessage, enveloped: boolean, json: boolean): void {
  const message = enveloped ? openEnvelope(body) : body;
  if (json) requireFewTokens(message);
  else requireSmallStructure(schema, message);
}

function requireFewTokens(json: Uint8Array): void {
  let tokens = 0;
  let digits = 0;
  // Not for...of, which takes thirty times as long for a buffer.
  for (let at = 0; at < json.length; at += 1) {
    const kind = JSON_BYTES[json[at]!];
    if (kind === TOKEN) tokens += 1;
    digits = kind === DIGIT ? digits + 1 : 0;
    if (tokens > MAX_JSON_TOKENS || digits > MAX_JSON_DIGITS) throw tooLarge();
  }
}
