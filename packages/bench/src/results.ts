/** The results of a run: plain data, as written to JSON. Times are in microseconds unless a name has another unit. */
import type { Spread } from "./statistics.ts";

/** A measurement that was not made. */
export interface Skipped {
  /** Why it was not made. */
  readonly skipped: string;
}

/** Returns whether there is no measurement. */
export function isSkipped(result: object): result is Skipped {
  return "skipped" in result;
}

/** The servers that are measured. */
export const SERVERS = {
  own: "grep11",
  node: "grep11 on node:http2",
  wide: "grep11 with raised limits",
  layer: "the HTTP/2 layer of grep11, fixed reply",
  floor: "node:http2, fixed reply",
  grpcJs: "grpc-js, echo",
  grpcGo: "grpc-go, echo",
} as const;

/** The name of a server. */
export type ServerName = keyof typeof SERVERS;

/** The measurements of one kind of load on one server. */
export interface Figures {
  /** Processor time of the server per call, in microseconds. */
  readonly cpu: Spread;
  readonly callsPerSecond: Spread;
  /** Median latency in milliseconds. */
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Processor time of the load generator as a fraction of one core. If it is near 1, the load generator limited the result. */
  readonly clientLoad: Spread;
}

/** The measurements of EncryptSingle, called in one way on one server. */
export interface CallRow {
  readonly id: string;
  readonly title: string;
  /** How many bytes were encrypted. */
  readonly bytes: number;
  /** How many calls ran at the same time, and over how many connections. */
  readonly inFlight: number;
  readonly connections: number;
  readonly figures: Figures | Skipped;
}

/** The measurements of one workload on the server, and on the engine without a server. */
export interface MatrixRow {
  readonly name: string;
  readonly title: string;
  /** How many calls ran at the same time. */
  readonly concurrency: number;
  readonly own: Figures;
  /** The HTTP/2 layer of the server, with the same response prepared. */
  readonly layer: Figures;
  /** Time of a call of the engine in its own process. */
  readonly engine: Spread;
  /** Time of the cryptography alone; undefined if a call is more than one function of a library. */
  readonly primitive: Spread | undefined;
}

/** The measurements of signing or verifying one digest. */
export interface SigningRow {
  /** The curve, or "RSA-2048" or "RSA-3072". */
  readonly key: string;
  readonly operation: "sign" | "verify";
  readonly engine: Spread;
  readonly yardstick: Spread;
  /** The library that the engine is compared with. */
  readonly library: "OpenSSL" | "libsecp256k1";
}

/** The costs of calls of the engine without a server, and of what they are compared with. */
export interface EngineCosts {
  /** EncryptSingle of one AES block, the cheapest operation with a key: with a cached key and with a new one. */
  readonly seenKey: Spread;
  readonly newKey: Spread;
  /** The cipher in it, and the creation of the KeyObject of a new key, both in node:crypto. */
  readonly cipher: Spread;
  readonly keyImport: Spread;
  /** GenerateKeyPair of P-256, and one multiplication of its base point by a new secret in node:crypto. */
  readonly keyPair: Spread;
  readonly multiplication: Spread;
  /** UnwrapKey of an AES key. */
  readonly unwrap: Spread;
  readonly multiPart: readonly MultiPartRow[];
}

/** The costs of one operation on 1 KiB in different numbers of calls. */
export interface MultiPartRow {
  readonly title: string;
  readonly single: Spread;
  /** Init, followed by the call that takes all data. */
  readonly split: Spread;
  /** One Update. */
  readonly update: Spread;
  /** The cryptography of an Update alone, in node:crypto. */
  readonly primitive: Spread;
}

/** The latency of signing, without or with other clients that ask for long jobs. */
export interface TailLatencyRow {
  readonly title: string;
  readonly p99Ms: Spread;
  /** How many long jobs were completed in a round, and how many were refused because a queue was full. */
  readonly done: Spread;
  readonly refused: Spread;
}

/** The measurements of a long message in parts of 1 MiB. */
export interface PartsRow {
  readonly operation: string;
  /** Processor time of one part in the server. */
  readonly server: Spread;
  /** Full garbage collections per call in the server. */
  readonly collections: number;
  /** Time of one part in the engine. */
  readonly engine: Spread;
  /** Time that one call of node:crypto needs for the same number of bytes. */
  readonly primitive: Spread;
  /** Mean time of a part in the first half and in the second half of the message, in the engine. */
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

/** The cost of the client over its transports, as processor time of the client process per call. */
export interface ClientCost {
  readonly own: Spread;
  readonly node: Spread;
  /** Connect's own transport, which is the one that users of Connect have. */
  readonly connect: Spread;
  /** How many of so many parallel calls of 1 MiB on one connection failed. */
  readonly parallel: { readonly calls: number; readonly failed: number };
}

/** A comparison of one operation on our server and on other HSMs, at the same number of calls in progress. */
export interface PeerRow {
  readonly title: string;
  readonly inFlight: number;
  readonly own: Figures;
  /** The figures of each peer that supports the operation, by its name. */
  readonly peers: Readonly<Record<string, Figures>>;
}

/** The comparison with other HSMs. */
export interface Peers {
  readonly rows: readonly PeerRow[];
  /** The peers that were not measured, each with the reason. */
  readonly missing: readonly string[];
}

/** Start-up time and memory of the programs. */
export interface Start {
  /** Time of `node -e 0`, from the start of the server to its first response, and of `grep11 random 8`, in milliseconds. */
  readonly nodeMs: Spread;
  readonly serverMs: Spread;
  readonly cliMs: Spread;
  /** Resident memory of the server in MiB before any load, and after every 25,000 calls. */
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

/** What is measured, in the order of a run. */
export interface Sections {
  readonly calls: readonly CallRow[];
  readonly matrix: readonly MatrixRow[];
  readonly signing: readonly SigningRow[];
  readonly engine: EngineCosts;
  readonly parts: readonly PartsRow[];
  readonly client: ClientCost;
  /** The first row is that without long jobs. */
  readonly tailLatency: readonly TailLatencyRow[];
  readonly peers: Peers;
  readonly start: Start;
  readonly processes: readonly ProcessesRow[];
}

/** The results of a run. */
export interface Results {
  readonly date: string;
  readonly plan: "quick" | "full";
  readonly machine: Machine;
  /** What was measured. A part of a run has only some of the sections. */
  readonly sections: Partial<Sections>;
}
