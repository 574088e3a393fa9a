/**
 * Decompresses requests. gzip and deflate are accepted, because many gRPC clients compress without asking first, and do
 * not repeat a refused call. The limit applies to the uncompressed message, and only admitted calls are decompressed.
 * Responses are never compressed. Ciphertext does not shrink, and the length of compressed plaintext reveals something
 * about its content.
 */
import { createGunzip, createInflate } from "node:zlib";
import * as ck from "@grep11/cryptoki";
import { COMPRESSED, encloseMessage, openEnvelope } from "../call/envelope.ts";
import type { BodyLimits } from "../call/exchange.ts";
import { tooLarge, tooManyInFlight, unreadable } from "../status.ts";

const CHUNK = { chunkSize: 64 * 1024 };
/**
 * The decompressors by the name of the encoding. In gRPC and HTTP, "deflate" means the zlib format (RFC 9110 section
 * 8.4.1).
 */
const INFLATERS = new Map([
  ["gzip", () => createGunzip(CHUNK)],
  ["deflate", () => createInflate(CHUNK)],
]);

/** The value of `grpc-accept-encoding` and of the corresponding headers of the other protocols. */
export const ACCEPTED_ENCODINGS = ["identity", ...INFLATERS.keys()].join(",");

/**
 * Returns `body` with its message uncompressed. In an envelope, a flag says whether the message is compressed. Throws:
 * - CKR_FUNCTION_NOT_SUPPORTED for an unknown `encoding`;
 * - CKR_IBM_TRANSPORT_LIMIT as soon as the message is known to exceed the limit;
 * - CKR_DEVICE_MEMORY with `retry` if `limits` do not allow more memory;
 * - CKR_IBM_GREP11_CANNOT_UNMARSHAL if the body is malformed.
 */
export async function inflateBody(
  body: Uint8Array,
  encoding: string,
  enveloped: boolean,
  limits: BodyLimits,
): Promise<Uint8Array> {
  requireKnownEncoding(encoding);
  if (!enveloped) return body.length === 0 ? body : await inflate(body, encoding, limits);
  if (body[0] !== COMPRESSED) return body;
  return encloseMessage(await inflate(openEnvelope(body, COMPRESSED), encoding, limits));
}

/**
 * Throws CKR_FUNCTION_NOT_SUPPORTED for an unknown encoding. gRPC clients get it as UNIMPLEMENTED, as gRPC's
 * compression.md requires.
 */
export function requireKnownEncoding(encoding: string | undefined): void {
  if (encoding === undefined || INFLATERS.has(encoding)) return;
  throw new ck.CkError(
    ck.CKR_FUNCTION_NOT_SUPPORTED,
    `requests may be compressed as ${ACCEPTED_ENCODINGS}, or not at all`,
  );
}

/**
 * Decompresses `message` on libuv's threads, in small pieces, so that decompression stops soon after the limit is
 * exceeded.
 */
function inflate(message: Uint8Array, encoding: string, limits: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const inflater = INFLATERS.get(encoding)!();
    const chunks: Uint8Array[] = [];
    let length = 0;
    const stop = (error: ck.CkError): void => {
      inflater.destroy();
      reject(error);
    };
    inflater.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > limits.maxBytes) stop(tooLarge());
      else if (!limits.reserve(chunk.length)) stop(tooManyInFlight());
    });
    inflater.on("error", () => reject(unreadable()));
    inflater.on("end", () => resolve(Buffer.concat(chunks)));
    inflater.end(message);
  });
}
