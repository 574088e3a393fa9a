/**
 * Decides where a computation runs: `inline` (less than about a millisecond) on the event loop, `worker` (up to about 50 ms)
 * and `generation` (longer, such as key pairs) on worker threads.
 */
export type Cost = "inline" | "worker" | "generation";
