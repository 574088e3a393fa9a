/**
 * Compressed requests. Many gRPC clients compress without asking first and do not repeat a call that was refused for it, so
 * gzip and deflate are accepted, within the limit of the uncompressed message and only after the call was admitted. Responses
 * are never compressed: ciphertext does not shrink, and the length of compressed plaintext gives away what is in it.
 */
import { createGunzip, createInflate } from "node:zlib";
import { CKR_FUNCTION_NOT_SUPPORTED, CkError } from "@grep11/cryptoki";
import { busy, tooLarge, unreadable } from "../status.ts";
import type { Holder } from "./body.ts";
import { allocateEnvelope, COMPRESSED, ENVELOPE_BYTES, openEnvelope } from "./envelope.ts";

const CHUNK = { chunkSize: 64 * 1024 };
/** By name; deflate is the zlib format, in gRPC as in HTTP (RFC 9110 section 8.4.1). */
const INFLATERS = new Map([
  ["gzip", () => createGunzip(CHUNK)],
  ["deflate", () => createInflate(CHUNK)],
]);

/** The value of `grpc-accept-encoding` and of the corresponding headers of the other protocols. */
export const ACCEPTED_ENCODINGS = ["identity", ...INFLATERS.keys()].join(",");

/**
 * `body` with its message uncompressed. In an envelope the message says by a flag whether it is compressed. Errors:
 * CKR_FUNCTION_NOT_SUPPORTED for an unknown `encoding`, CKR_IBM_TRANSPORT_LIMIT beyond `maxBytes` for the message, as soon as that
 * is known, CKR_DEVICE_MEMORY with `retry` when the holder has no room, CKR_IBM_GREP11_CANNOT_UNMARSHAL.
 */
export async function inflateBody(
  body: Uint8Array,
  encoding: string,
  enveloped: boolean,
  maxBytes: number,
  holder: Holder | undefined,
): Promise<Uint8Array> {
  requireKnownEncoding(encoding);
  if (!enveloped) return body.length === 0 ? body : await inflate(body, encoding, maxBytes, holder);
  if (body[0] !== COMPRESSED) return body;
  const message = await inflate(openEnvelope(body, COMPRESSED), encoding, maxBytes, holder);
  const envelope = allocateEnvelope(message.length);
  envelope.set(message, ENVELOPE_BYTES);
  return envelope;
}

/** Errors: CKR_FUNCTION_NOT_SUPPORTED, which gRPC clients get as UNIMPLEMENTED (gRPC's compression.md). */
export function requireKnownEncoding(encoding: string | undefined): void {
  if (encoding === undefined || INFLATERS.has(encoding)) return;
  throw new CkError(CKR_FUNCTION_NOT_SUPPORTED, `requests may be compressed as ${ACCEPTED_ENCODINGS}, or not at all`);
}

/** On libuv's threads, in small pieces, so that nothing beyond the limit is ever inflated. */
function inflate(
  message: Uint8Array,
  encoding: string,
  maxBytes: number,
  holder: Holder | undefined,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const inflater = INFLATERS.get(encoding)!();
    const chunks: Uint8Array[] = [];
    let length = 0;
    const stop = (error: CkError): void => {
      inflater.destroy();
      reject(error);
    };
    inflater.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > maxBytes) stop(tooLarge());
      else if (holder?.hold(chunk.length) === false) stop(busy("too many bytes of requests are in flight"));
    });
    inflater.on("error", () => reject(unreadable()));
    inflater.on("end", () => resolve(Buffer.concat(chunks)));
    inflater.end(message);
  });
}
