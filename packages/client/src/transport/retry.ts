/** Repeats calls that failed for a temporary reason, for example because the service was unavailable. */
import * as ck from "@grep11/cryptoki";

/** Says when and how often a call is repeated. */
export interface RetryOptions {
  /** The total number of attempts, including the first; 4 by default. 1 turns retries off. */
  readonly attempts?: number;
  /**
   * The maximum pause in milliseconds before the second attempt; 100 by default. It doubles before each further
   * attempt.
   */
  readonly baseDelayMs?: number;
  /** The upper limit in milliseconds of every pause; 2000 by default. */
  readonly maxDelayMs?: number;
}

/**
 * Returns the result of `attempt`, which is repeated as long as it fails with a CkError whose `retry` is true.
 * Repeating a call is harmless, because no method of Ep11 changes the service.
 * - Pauses have a random length up to a maximum that doubles ("full jitter"). So the clients of a restarted service do
 *   not all return at the same moment.
 * - `options.timeoutMs` is the time for all attempts together. Each attempt gets the remaining time. If a pause would
 *   exceed it, the call fails with the last error.
 * - Throws the errors of `attempt`, and CKR_FUNCTION_CANCELED if `options.signal` is aborted during a pause.
 */
export async function withRetry<T>(
  attempt: (options: ck.CallOptions) => Promise<T>,
  options: ck.CallOptions,
  retry: RetryOptions = {},
): Promise<T> {
  const { attempts = 4, baseDelayMs = 100, maxDelayMs = 2000 } = retry;
  const { signal, timeoutMs } = options;
  const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(deadline === undefined ? options : { ...options, timeoutMs: left(deadline) });
    } catch (error) {
      const failure = ck.CkError.from(error);
      const delay = Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (tried - 1));
      if (!failure.retry || tried >= attempts || signal?.aborted) throw failure;
      if (deadline !== undefined && delay >= left(deadline)) throw failure;
      await pause(delay, signal);
    }
  }
}

/** Returns how many whole milliseconds are left until `deadline`. The result is at least 1. */
function left(deadline: number): number {
  return Math.max(1, Math.floor(deadline - performance.now()));
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const aborted = () => {
      clearTimeout(timer);
      reject(new ck.CkError(ck.CKR_FUNCTION_CANCELED, "the caller gave up", { cause: signal?.reason }));
    };
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
