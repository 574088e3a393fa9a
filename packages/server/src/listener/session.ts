/** The operations of an HTTP/2 connection that both HTTP/2 layers provide. */
export interface Session {
  /** Whether the session accepts no new calls. */
  readonly isClosing: boolean;
  /** Raises the flow-control windows of the connection and of each stream to these sizes in bytes. */
  widen(connectionBytes: number, streamBytes: number): void;
  /** Ends the session gracefully. Running calls finish, and the client makes new calls over another connection. */
  shutdown(): void;
  /** Ends the session at once. The error code (RFC 9113 section 7) tells the client why. */
  destroy(code: number): void;
  /** Calls `listener` when the socket has accepted everything that was sent so far, or is closed. */
  whenWritten(listener: () => void): void;
  /** Called regularly, to send pings and to check timeouts. `now` is a value of `performance.now()`. */
  tick(now: number): void;
}

/** The limits after which sessions end. All times are in milliseconds. */
export interface SessionLimits {
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly maxConnectionAgeMs: number | undefined;
  /** How many milliseconds a client may take to read the output. */
  readonly bodyTimeoutMs: number;
}

/**
 * Returns the age, varied at random by up to a tenth. So connections that began together do not all reconnect together.
 */
export function spreadAge(maxConnectionAgeMs: number): number {
  return maxConnectionAgeMs * (0.9 + 0.2 * Math.random());
}
