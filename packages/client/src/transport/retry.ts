/** Repeats calls that failed for a temporary reason: the service was unavailable, or asked for another attempt. */
import * as ck from "@grep11/cryptoki";

/** When and how often a call is repeated. */
export interface RetryOptions {
  /** Attempts in total, including the first; 4 by default, 1 turns retries off. */
  readonly attempts?: number;
  /** Longest pause before the second attempt in milliseconds, doubled before each further one; 100 by default. */
  readonly baseDelayMs?: number;
  /** Upper limit of every pause in milliseconds; 2000 by default. */
  readonly maxDelayMs?: number;
}

/**
 * The result of `attempt`, which is called again while it fails with `CkError.retry` set. Pauses are random up to a bound
 * that doubles ("full jitter"), so that the clients of a restarted service do not all return at the same moment.
 * `options.timeoutMs` is the time for all attempts together: each attempt gets what is left, and instead of a pause that
 * would exceed it the call fails with the last error. No method of Ep11 changes the service, so repeating is harmless.
 * Errors: those of `attempt`; CKR_FUNCTION_CANCELED when `options.signal` aborts a pause.
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

/** Whole milliseconds until `deadline`, at least 1. */
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
