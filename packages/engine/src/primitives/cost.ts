/** How long a computation takes, which decides where it runs. */

/**
 * `inline` under about a millisecond; `worker` up to about 50 ms; `generation` longer: key pairs, domain parameters.
 * Everything but `inline` runs on worker threads.
 */
export type Cost = "inline" | "worker" | "generation";
