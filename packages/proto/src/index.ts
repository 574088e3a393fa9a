/** Exports the messages and services of GREP11, which buf generates, and the codec between them and @grep11/cryptoki. */

export { MAX_TEMPLATE_ENTRIES } from "./codec/attributes.ts";
export type { Allocate } from "./codec/bytes-message.ts";
export * from "./codec/codec.ts";
export { decodeError, encodeError } from "./codec/error.ts";
export { codecs, type MethodCodec, type WireRequestOf, type WireResponseOf } from "./codec/methods.ts";
export { MAX_STRUCTURE_BYTES, requireSmallStructure } from "./codec/structure.ts";
export { ENVELOPE_BYTES } from "./envelope.ts";
export { type Grep11Error, Grep11ErrorSchema } from "./gen/grep11/errors_pb.ts";
export * as wire from "./gen/grep11/server_pb.ts";
export * as health from "./gen/grpc/health/v1/health_pb.ts";
