/** Exports HTTP/2 without I/O. The comments in connection.ts describe how to use it. */

export { ClientConnection, type ClientEvents } from "./client-connection.ts";
export type { ConnectionEvents } from "./connection.ts";
export { ConnectionError, ErrorCode, errorName } from "./errors.ts";
export type { RequestHead, ResponseHead } from "./fields.ts";
export { HpackDecoder } from "./hpack/decoder.ts";
export { HpackEncoder } from "./hpack/encoder.ts";
export { type Budget, DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { ServerConnection, type ServerEvents } from "./server-connection.ts";
export type { Stream, StreamReceiver } from "./stream.ts";
