/** The results of a run: plain data, as written to JSON. Times are in microseconds unless a name has another unit. */
import type { Latency } from "grep11";
import type { Spread } from "./statistics.ts";

/** A measurement that is not possible on this machine. */
export interface Skipped {
  /** The reason. */ readonly skipped: string;
}

/** The server variants, in the order of the tables. */
export const SERVERS = {
  own: "grep11, HTTP/2 of its own",
  node: "grep11, node:http2",
  grpcJs: "grpc-js, echo",
  floor: "node:http2, fixed reply",
} as const;

/** Name of a server variant. */
export type ServerName = keyof typeof SERVERS;

/** One workload on one server. */
export interface ServerFigures {
  /** Processor time of the server process per call. */
  readonly cpu: Spread;
  readonly callsPerSecond: Spread;
  /** Latency in milliseconds. */
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Processor time of the load generator as a share of one core; near 1 it was the limit. */
  readonly clientLoad: Spread;
}

/** One workload on all servers, and on the engine without a server. */
export interface MatrixRow {
  readonly name: string;
  readonly title: string;
  /** Concurrent calls. */
  readonly concurrency: number;
  readonly servers: Readonly<Record<ServerName, ServerFigures>>;
  /** A call of the engine in its own process. */
  readonly engine: Spread;
  /** The cryptography alone, by node:crypto. */
  readonly primitive: Spread | undefined;
}

/** Raw ECDSA on one curve. */
export interface EcdsaRow {
  readonly curve: string;
  readonly operation: "sign" | "verify";
  readonly engine: Spread;
  readonly yardstick: Spread;
  /** The library that is the yardstick. */
  readonly library: "OpenSSL" | "libsecp256k1";
}

/** EncryptSingle of one AES block in the engine, the cheapest operation with a key. */
export interface KeyOpening {
  readonly seenKey: Spread;
  readonly newKey: Spread;
  /** The cipher alone, by node:crypto. */
  readonly cipher: Spread;
}

/** Latency of signing while other clients generate RSA keys. */
export interface TailLatency {
  readonly idle: readonly Latency[];
  readonly loaded: readonly Latency[];
  /** RSA-4096 pairs generated in all loaded rounds, and those refused because the queue was full. */
  readonly pairs: number;
  readonly refused: number;
}

/** A long message in parts of 1 MiB. */
export interface PartsRow {
  readonly operation: "encrypt" | "digest";
  readonly parts: number;
  /** One part, in the engine. */
  readonly part: Spread;
  /** The same number of bytes processed by one call of node:crypto. */
  readonly primitive: Spread;
  /** Mean of the first and of the second half of the message. */
  readonly early: number;
  readonly late: number;
  /** Size of the state in bytes, after the first part and before the last. */
  readonly firstState: number;
  readonly lastState: number;
}

/** One process compared with two, in calls per second. */
export interface ProcessesRow {
  readonly title: string;
  readonly one: Spread;
  readonly two: Spread;
  /** Processor time of the load generator as a share of one core. */
  readonly clientLoad: number;
  /** Processor time of the less busy of the two processes as a share of the other's. */
  readonly evenness: number;
}

/** The client over two transports; processor time of the client process per call. */
export interface ClientCost {
  readonly ours: Spread;
  readonly connect: Spread;
}

/** One function on SoftHSM2 through p11-kit and on our server; processor time of the server per operation. */
export interface SoftHsmRow {
  readonly title: string;
  readonly softHsm: { readonly cpu: Spread; readonly perSecond: Spread };
  readonly ours: { readonly cpu: Spread; readonly perSecond: Spread };
}

/** Start and memory of the server program. */
export interface Start {
  /** Time to the first response, in milliseconds. */
  readonly firstAnswerMs: Spread;
  /** Resident memory in MiB, before any load and after each slice of load. */
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
  /** Load average of one minute when the run began and ended. */
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
