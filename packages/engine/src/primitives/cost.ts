/** The cost of a computation, which decides where it runs. */

/**
 * `inline`: less than about a millisecond; `worker`: up to about 50 ms; `generation`: longer, such as key pairs and domain
 * parameters. Only `inline` runs on the event loop, the others on worker threads.
 */
export type Cost = "inline" | "worker" | "generation";
