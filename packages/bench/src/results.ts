/** What a run of the benchmark found: plain data, as it is written to JSON. Times are microseconds unless a name says more. */
import type { Latency } from "grep11";
import type { Spread } from "./statistics.ts";

/** A measurement that this machine cannot make. */
export interface Skipped {
  /** Why. */
  readonly skipped: string;
}

/** The server variants, in the order of tables. */
export const SERVERS = {
  fast: "grep11, fast path",
  connect: "grep11, Connect's handlers",
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

/** One workload on all servers, and without one. */
export interface MatrixRow {
  readonly name: string;
  readonly title: string;
  /** Calls under way at once. */
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
  /** Whose time the yardstick is. */
  readonly library: "OpenSSL" | "libsecp256k1";
}

/** EncryptSingle of one AES block in the engine, the least work with a key. */
export interface KeyOpening {
  readonly seenKey: Spread;
  readonly newKey: Spread;
  /** The cipher alone, by node:crypto. */
  readonly cipher: Spread;
}

/** Signing while others generate RSA keys. */
export interface TailLatency {
  readonly idle: readonly Latency[];
  readonly loaded: readonly Latency[];
  /** RSA-4096 pairs made in all loaded rounds, and refused because too many waited. */
  readonly pairs: number;
  readonly refused: number;
}

/** A long message in parts of 1 MiB. */
export interface PartsRow {
  readonly operation: "encrypt" | "digest";
  readonly parts: number;
  /** One part, in the engine. */
  readonly part: Spread;
  /** The same bytes by node:crypto in one call. */
  readonly primitive: Spread;
  /** First and last half of the message. */
  readonly early: number;
  readonly late: number;
  /** Bytes of the state after the first part and before the last. */
  readonly firstState: number;
  readonly lastState: number;
}

/** One process against two, in calls per second. */
export interface ProcessesRow {
  readonly title: string;
  readonly one: Spread;
  readonly two: Spread;
  /** Processor time of the load generator as a share of one core. */
  readonly clientLoad: number;
  /** Of the two, processor time of the one that did less as a share of that of the other. */
  readonly evenness: number;
}

/** The client on its transports; processor time per call of the client's process. */
export interface ClientCost {
  readonly ours: Spread;
  readonly connect: Spread;
}

/** One function on SoftHSM2 through p11-kit, and on ours; processor time of the server per operation. */
export interface SoftHsmRow {
  readonly title: string;
  readonly softHsm: { readonly cpu: Spread; readonly perSecond: Spread };
  readonly ours: { readonly cpu: Spread; readonly perSecond: Spread };
}

/** The server program from its start. */
export interface Start {
  /** Until the first answer, in milliseconds. */
  readonly firstAnswerMs: Spread;
  /** Resident memory in MiB: before any load, and after each slice of it. */
  readonly idleMiB: number;
  readonly loadedMiB: readonly number[];
}

/** Where and when. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly openSsl: string;
  readonly revision: string;
  /** Processes that wanted a core when the run began and ended (the load average of one minute). */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** Everything. */
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
