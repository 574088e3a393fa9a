/** Reads whole request bodies, within limits of size and time. */
import type { Readable } from "node:stream";
import type * as ck from "@grep11/cryptoki";
import type { BodyLimits } from "../call/exchange.ts";
import { canceled, timedOut, tooLarge, tooManyInFlight } from "../status.ts";
import { Pieces } from "./pieces.ts";

/**
 * Returns the whole body of `request`. `announced` is its length according to the head, if known. `maxBytes` is the
 * limit. Throws:
 * - CKR_IBM_TRANSPORT_LIMIT as soon as the body is known to exceed the limit;
 * - CKR_DEVICE_MEMORY with `retry` if `limits` do not allow more memory;
 * - CKR_IBM_REQ_TIMEOUT if the body takes too long;
 * - CKR_FUNCTION_CANCELED if the caller disconnects.
 */
export function readBody(
  request: Readable,
  announced: string | undefined,
  maxBytes: number,
  limits: Omit<BodyLimits, "maxBytes">,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    if (Number(announced ?? 0) > maxBytes) return reject(tooLarge());
    // The stream of an empty body may have ended already, so no event would follow.
    if (request.readableEnded) return resolve(new Uint8Array(0));
    const leave = (): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
    };
    const stop = (error: ck.CkError): void => {
      leave();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Uint8Array): void => {
      pieces.add(chunk);
      if (pieces.length > maxBytes) stop(tooLarge());
      else if (!limits.reserve(chunk.length)) stop(tooManyInFlight());
    };
    const onEnd = (): void => {
      leave();
      resolve(pieces.take());
    };
    const onClose = (): void => stop(canceled());
    const timer = setTimeout(() => stop(timedOut("the request did not arrive in time")), limits.bodyTimeoutMs);
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}
