/** Limits and supervision of HTTP/2 connections. */
import type { ServerHttp2Session, ServerOptions } from "node:http2";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import type { Keepalive } from "../options.ts";

/** As in IBM's on-premises server. */
export const DEFAULT_KEEPALIVE: Keepalive = { intervalMs: 30_000, timeoutMs: 5_000 };

/**
 * Limits against floods: HPACK and header bombs, too many streams. nghttp2 resets a stream whose head is too large for it; its limit
 * is above that of isSmallHead, so that callers slightly over ours get a response. Resets are counted in misuse.ts, which can tell
 * clients whose calls timed out from an attack; Node cannot, so its bounds are set out of reach. In one read of the socket at
 * most maxConcurrentStreams can begin, and as many be rejected, before we count.
 */
export const HTTP2_LIMITS = {
  // Counts responses that wait to be read. Beyond it Node would reset running calls; BodyBudget bounds the responses of all
  // connections and refuses further calls with an error instead.
  maxSessionMemory: 1_000_000,
  maxHeaderListPairs: 4 * MAX_HEAD_FIELDS,
  // Frames for which nghttp2 resets a stream, as exploited by CVE-2025-8671. Excess calls of a client that has not read our settings
  // yet are refused in the same way, so a few must be allowed.
  maxSessionInvalidFrames: 200,
  streamResetBurst: 100_000,
  streamResetRate: 10_000,
  maxSessionRejectedStreams: 100,
  settings: {
    enablePush: false,
    maxConcurrentStreams: 100,
    maxHeaderListSize: 4 * MAX_HEAD_BYTES,
  },
} as const satisfies ServerOptions;

/** When sessions end. All times in milliseconds. */
export interface SessionLimits {
  readonly keepalive: Keepalive;
  readonly maxConnectionAgeMs: number | undefined;
}

/** Ends a session whose pings are not acknowledged in time, or that has reached its age. */
export function superviseSession(session: ServerHttp2Session, { keepalive, maxConnectionAgeMs }: SessionLimits): void {
  session.on("error", () => undefined);
  const check = setInterval(() => {
    if (session.closed || session.destroyed) return;
    const late = setTimeout(() => session.destroy(), keepalive.timeoutMs);
    session.ping(() => clearTimeout(late));
  }, keepalive.intervalMs).unref();
  // Up to a tenth sooner or later, so that connections made together are not all replaced together.
  const age = maxConnectionAgeMs && setTimeout(() => session.close(), maxConnectionAgeMs * (0.9 + 0.2 * Math.random()));
  session.once("close", () => {
    clearInterval(check);
    clearTimeout(age);
  });
}
