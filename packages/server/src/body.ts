/** Request bodies, read whole: within a size, within a time, and cheap to parse. */
import type { DescMessage } from "@bufbuild/protobuf";
import { requireSmallStructure } from "@grep11/proto";
import type { NodeRequest } from "./node.ts";
import { canceled, timedOut, tooLarge } from "./status.ts";

/** Flags and length before a message of gRPC and gRPC-Web. */
const ENVELOPE_BYTES = 5;
/** Most names, elements and brackets of a JSON body; the largest template needs about 1,000. */
const MAX_JSON_TOKENS = 4096;

/**
 * The whole body of `request`. Errors: CKR_IBM_TRANSPORT_LIMIT beyond `maxBytes`, as soon as that is known;
 * CKR_IBM_REQ_TIMEOUT when it takes longer than `timeoutMs`; CKR_FUNCTION_CANCELED when the caller hangs up.
 */
export function readBody(request: NodeRequest, maxBytes: number, timeoutMs: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  const chunks: Uint8Array[] = [];
  let length = 0;
  const onData = (chunk: Uint8Array): void => {
    length += chunk.length;
    if (length > maxBytes) reject(tooLarge());
    else chunks.push(chunk);
  };
  const onEnd = (): void => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  const onGone = (): void => reject(canceled());
  const timer = setTimeout(() => reject(timedOut("the request did not arrive in time")), timeoutMs);
  request.on("data", onData).once("end", onEnd).once("error", onGone).once("close", onGone);
  return promise.finally(() => {
    clearTimeout(timer);
    request.pause();
    request.off("data", onData).off("end", onEnd).off("close", onGone);
  });
}

/** `maxBytes` for a message, with room for its envelope if the protocol has one. */
export function bodyLimit(maxBytes: number, enveloped: boolean): number {
  return enveloped ? maxBytes + ENVELOPE_BYTES : maxBytes;
}

/**
 * Refuses a body that would take long to parse. Errors: CKR_IBM_TRANSPORT_LIMIT; CKR_IBM_GREP11_CANNOT_UNMARSHAL for
 * what is no message.
 */
export function requireCheapBody(body: Uint8Array, schema: DescMessage, enveloped: boolean, json: boolean): void {
  const message = enveloped ? body.subarray(ENVELOPE_BYTES) : body;
  if (json) requireFewTokens(message);
  else requireSmallStructure(schema, message);
}

function requireFewTokens(json: Uint8Array): void {
  const tokens: ReadonlySet<number> = new Set(Buffer.from(":,[{"));
  let count = 0;
  for (const byte of json) {
    if (tokens.has(byte) && ++count > MAX_JSON_TOKENS) throw tooLarge();
  }
}
