/** The results of a run: plain data, as written to JSON. Times are in microseconds unless a name has another unit. */
import type { Latency } from "grep11";
import type { Spread } from "./statistics.ts";

/** A measurement that is not possible on this machine. */
export interface Skipped {
  /** Why it is not possible. */
  readonly skipped: string;
}

/** The server variants, in the order of the tables. */
export const SERVERS = {
  own: "grep11, HTTP/2 of its own",
  node: "grep11, node:http2",
  grpcJs: "grpc-js, echo",
  floor: "node:http2, fixed reply",
} as const;

/** The name of a server variant. */
export type ServerName = keyof typeof SERVERS;

/** The measurements of one workload on one server. */
export interface ServerFigures {
  /** Processor time of the server process per call, in microseconds. */
  readonly cpu: Spread;
  readonly callsPerSecond: Spread;
  /** Median latency in milliseconds. */
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Processor time of the load generator as a fraction of one core. If it is near 1, the load generator limited the result. */
  readonly clientLoad: Spread;
}

/** The measurements of one workload on all servers, and on the engine without a server. */
export interface MatrixRow {
  readonly name: string;
  readonly title: string;
  /** How many calls ran at the same time. */
  readonly concurrency: number;
  readonly servers: Readonly<Record<ServerName, ServerFigures>>;
  /** Time of a call of the engine in its own process. */
  readonly engine: Spread;
  /** Time of the cryptography alone, in node:crypto. */
  readonly primitive: Spread | undefined;
}

/** The measurements of raw ECDSA on one curve. */
export interface EcdsaRow {
  readonly curve: string;
  readonly operation: "sign" | "verify";
  readonly engine: Spread;
  readonly yardstick: Spread;
  /** The library that the engine is compared with. */
  readonly library: "OpenSSL" | "libsecp256k1";
}

/** The measurements of EncryptSingle of one AES block in the engine, the cheapest operation with a key. */
export interface KeyOpening {
  readonly seenKey: Spread;
  readonly newKey: Spread;
  /** Time of the cipher alone, in node:crypto. */
  readonly cipher: Spread;
}

/** The latency of signing while other clients generate RSA keys. */
export interface TailLatency {
  readonly idle: readonly Latency[];
  readonly loaded: readonly Latency[];
  /**
   * How many RSA-4096 key pairs were generated in all loaded rounds, and how many requests were refused because the queue was
   * full.
   */
  readonly pairs: number;
  readonly refused: number;
}

/** The measurements of a long message in parts of 1 MiB. */
export interface PartsRow {
  readonly operation: "encrypt" | "digest";
  readonly parts: number;
  /** Time of one part in the engine. */
  readonly part: Spread;
  /** Time that one call of node:crypto needs for the same number of bytes. */
  readonly primitive: Spread;
  /** Mean time of a part in the first half and in the second half of the message. */
  readonly early: number;
  readonly late: number;
  /** Size of the state in bytes after the first part and before the last. */
  readonly firstState: number;
  readonly lastState: number;
}

/** A comparison of one process with two, in calls per second. */
export interface ProcessesRow {
  readonly title: string;
  readonly one: Spread;
  readonly two: Spread;
  /** Processor time of the load generator as a fraction of one core. */
  readonly clientLoad: number;
  /** Processor time of the less busy of the two processes, divided by that of the other. */
  readonly evenness: number;
}

/** The cost of the client over two transports, as processor time of the client process per call. */
export interface ClientCost {
  readonly ours: Spread;
  readonly connect: Spread;
}

/**
 * A comparison of one function on SoftHSM2, called through p11-kit, and on our server, as processor time of the server per
 * operation.
 */
export interface SoftHsmRow {
  readonly title: string;
  readonly softHsm: { readonly cpu: Spread; readonly perSecond: Spread };
  readonly ours: { readonly cpu: Spread; readonly perSecond: Spread };
}

/** Start-up time and memory of the server program. */
export interface Start {
  /** Time to the first response, in milliseconds. */
  readonly firstAnswerMs: Spread;
  /** Resident memory in MiB before any load, and after each period of load. */
  readonly idleMiB: number;
  readonly loadedMiB: readonly number[];
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly openSsl: string;
  readonly revision: string;
  /** The load average over one minute when the run began and when it ended. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** The results of a run. */
export interface Results {
  readonly date: string;
  readonly plan: "quick" | "full";
  readonly machine: Machine;
  readonly matrix: readonly MatrixRow[];
  readonly ecdsa: readonly EcdsaRow[];
  readonly keyOpening: KeyOpening;
  readonly tailLatency: TailLatency;
  readonly parts: readonly PartsRow[];
  readonly processes: readonly ProcessesRow[] | Skipped;
  readonly client: ClientCost;
  readonly softHsm: readonly SoftHsmRow[] | Skipped;
  readonly start: Start;
}
