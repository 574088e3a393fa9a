/** Limits and supervision of HTTP/2 connections. */
import type { ServerHttp2Session, ServerOptions } from "node:http2";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import type { Keepalive } from "../options.ts";

/** Of IBM's on-premises server. */
export const DEFAULT_KEEPALIVE: Keepalive = { intervalMs: 30_000, timeoutMs: 5_000 };

/**
 * Limits against floods: HPACK and header bombs, too many streams. nghttp2 resets a stream whose head is too large for it; it
 * takes more than isSmallHead does, so that callers with a little too much get an answer. Resets are counted in misuse.ts, which
 * knows whose they are; Node would count those of a client whose calls have timed out like those of an attack, so its bounds are
 * out of the way. In one read of the socket no more than maxConcurrentStreams can begin, and as many be rejected, before we count.
 */
export const HTTP2_LIMITS = {
  // Counts responses that wait to be read. BodyBudget bounds those of all connections and refuses further calls with an error;
  // Node would reset calls that have begun.
  maxSessionMemory: 1_000_000,
  maxHeaderListPairs: 4 * MAX_HEAD_FIELDS,
  // Frames for which nghttp2 resets a stream, such as CVE-2025-8671 makes use of. A client that begins more calls than it may before
  // it has read the settings is refused those by the same means, so that it takes more than a few.
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

/** Ends a session that does not answer its pings in time, or has reached its age. */
export function superviseSession(session: ServerHttp2Session, { keepalive, maxConnectionAgeMs }: SessionLimits): void {
  session.on("error", () => undefined);
  const check = setInterval(() => {
    if (session.closed || session.destroyed) return;
    const late = setTimeout(() => session.destroy(), keepalive.timeoutMs);
    session.ping(() => clearTimeout(late));
  }, keepalive.intervalMs).unref();
  // Up to a tenth sooner or later, so that connections made together are not all made anew together.
  const age = maxConnectionAgeMs && setTimeout(() => session.close(), maxConnectionAgeMs * (0.9 + 0.2 * Math.random()));
  session.once("close", () => {
    clearInterval(check);
    clearTimeout(age);
  });
}
