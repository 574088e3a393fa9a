/** The operations of an HTTP/2 connection that both HTTP/2 layers provide. */
export interface Session {
  /** Whether it accepts no new calls. */
  readonly isClosing: boolean;
  /** Raises how many bytes the client may send before its calls are read, over all streams and over each. */
  widen(connectionBytes: number, streamBytes: number): void;
  /** Ends gracefully: running calls finish, and the client sends new ones over another connection. */
  shutdown(): void;
  /** Ends at once. `code` (RFC 9113 section 7) tells the client why. */
  destroy(code: number): void;
  /** Calls `listener` when the socket has accepted everything that was sent so far, or is closed. */
  whenWritten(listener: () => void): void;
  /** Called regularly, with the time `now` on the clock of `performance.now()`. */
  tick(now: number): void;
}

/** When sessions end. All times in milliseconds. */
export interface SessionLimits {
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly maxConnectionAgeMs: number | undefined;
  /** How long a client may take to read what is sent. */
  readonly bodyTimeoutMs: number;
}

/** Varies the age by up to a tenth, so that connections that began together do not all reconnect together. */
export function spreadAge(maxConnectionAgeMs: number): number {
  return maxConnectionAgeMs * (0.9 + 0.2 * Math.random());
}
