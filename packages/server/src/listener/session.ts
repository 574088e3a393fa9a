/** What a connection that speaks HTTP/2 can be asked for, whichever layer serves it. */
export interface Session {
  /** It takes no new calls any more. */
  readonly isClosing: boolean;
  /** Lets the client send more ahead of its calls being read, over all streams and over each. */
  widen(connectionBytes: number, streamBytes: number): void;
  /** Ends gracefully: the client sends new calls elsewhere, running ones finish. */
  shutdown(): void;
  /** Ends at once; `code` (RFC 9113 section 7) tells the client why. */
  destroy(code: number): void;
  /** Called regularly; `now` on the clock of `performance.now()`. */
  tick(now: number): void;
}

/** When sessions end. All times in milliseconds. */
export interface SessionLimits {
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly maxConnectionAgeMs: number | undefined;
  /** Longest time for which a client may leave sent data unread. */
  readonly bodyTimeoutMs: number;
}

/** Up to a tenth shorter or longer, so that connections opened together are not all replaced at the same time. */
export function spreadAge(maxConnectionAgeMs: number): number {
  return maxConnectionAgeMs * (0.9 + 0.2 * Math.random());
}
