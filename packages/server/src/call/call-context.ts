/** Creates the context of a call on a server from the head of its request. */
import { randomUUID } from "node:crypto";
import type * as ck from "@grep11/cryptoki";
import type { CallRecord } from "../options.ts";
import type { ServiceMethod } from "../services/service.ts";
import type { RequestHead } from "./exchange.ts";

/**
 * The request headers that interceptors see. IBM's clients send the first to name their instance, and our clients send
 * the second to name a domain.
 */
const METADATA = ["bluemix-instance", "grep11-domain"];
/**
 * Matches a traceparent header of version 00, or of a later version, which may append fields (W3C Trace Context,
 * section 3.2).
 */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/;

/** The context of a call on a server. */
export type ServerCall = ck.OngoingCall &
  Pick<CallRecord, "requestId" | "action" | "protocol" | "peer"> & { admitted: boolean };

/** Returns the context of a call that begins at `start`, a value of `performance.now()`. */
export function newCallContext({ descriptor, action }: ServiceMethod, head: RequestHead, start: number): ServerCall {
  const metadata: Record<string, string> = {};
  for (const name of METADATA) {
    const value = head.header(name);
    if (value !== undefined) metadata[name] = value;
  }
  return {
    requestId: randomUUID(),
    service: descriptor.parent.typeName,
    rpc: descriptor.name,
    action,
    protocol: head.protocol,
    peer: head.connection.peer,
    trace: parseTraceparent(head.header("traceparent")),
    metadata,
    start,
    admitted: false,
    mechanisms: [],
    keys: [],
  };
}

/**
 * Returns the span that a traceparent header names. Returns undefined if the header is absent or malformed, because the
 * standard requires servers to ignore a malformed one.
 */
export function parseTraceparent(header: string | undefined): ck.TraceContext | undefined {
  const [, traceId, spanId, flags] = (header !== undefined && TRACEPARENT.exec(header)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}
