/** Writes requests directly into their gRPC envelope, without creating a message object first. */
import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import type { Transport, UnaryResponse } from "@connectrpc/connect";
import { type Allocate, ENVELOPE_BYTES } from "@grep11/proto";

/** Writes a request. It calls `allocate` once, writes to the end of that memory, and returns that memory. */
export type WriteRequest = (allocate: Allocate) => Uint8Array;

/** A transport that can also send a request that is not a message object. */
export interface WritingTransport extends Transport {
  /** Like `unary`, for the request that `write` writes. */
  unaryWritten<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: Parameters<Transport["unary"]>[3],
    write: WriteRequest,
  ): Promise<UnaryResponse<I, O>>;
}

/** Requests up to this many bytes share a buffer, because many small allocations make V8 collect garbage often. */
const MAX_SHARED_BYTES = 2048;
const SHARED_BYTES = 32 * 1024;
let shared = new Uint8Array(0);
let used = 0;

/** Returns the request that `write` writes, in its 5-byte gRPC envelope. */
export function frameOf(write: WriteRequest): Uint8Array {
  const frame = write((size) => allocate(ENVELOPE_BYTES + size));
  const length = frame.length - ENVELOPE_BYTES;
  frame[0] = 0;
  for (let at = 1; at < ENVELOPE_BYTES; at++) frame[at] = length >>> (8 * (ENVELOPE_BYTES - 1 - at));
  return frame;
}

function allocate(size: number): Uint8Array {
  if (size > MAX_SHARED_BYTES) return new Uint8Array(size);
  if (used + size > shared.length) {
    shared = new Uint8Array(SHARED_BYTES);
    used = 0;
  }
  used += size;
  return shared.subarray(used - size, used);
}
