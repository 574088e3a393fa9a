/**
 * The results of a run, which are written to a JSON file. Times are in microseconds unless the name of a field has
 * another unit.
 */
import type { Spread } from "./statistics.ts";

/** Replaces a measurement that was not made. */
export interface Skipped {
  /** The reason why the measurement was not made. */
  readonly skipped: string;
}

/** Returns whether the measurement was not made. */
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
  /** How busy the load generator kept one core (0 to 1). If it is near 1, the load generator limited the result. */
  readonly clientLoad: Spread;
}

/** The measurements of EncryptSingle on one server, over one protocol and at one concurrency. */
export interface CallRow {
  readonly id: string;
  readonly title: string;
  /** How many bytes were encrypted. */
  readonly bytes: number;
  /** How many calls ran at the same time. */
  readonly inFlight: number;
  /** How many HTTP/2 connections these calls shared. */
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
  /** The same calls on the HTTP/2 layer alone, which sends prepared responses. */
  readonly layer: Figures;
  /** Processor time of one call of the engine, without a server. */
  readonly engine: Spread;
  /** Processor time of the cryptography alone. Undefined if a call needs more than one function of the library. */
  readonly primitive: Spread | undefined;
}

/** The measurements of signing or verifying one digest. */
export interface SigningRow {
  /** The kind of key: "RSA-2048", "RSA-3072", or a curve such as "P-256". */
  readonly key: string;
  readonly operation: "sign" | "verify";
  readonly engine: Spread;
  readonly yardstick: Spread;
  /** The library that the engine is compared with. */
  readonly library: "OpenSSL" | "libsecp256k1";
}

/** Processor time of calls of the engine without a server, and of the node:crypto functions they are compared with. */
export interface EngineCosts {
  /** EncryptSingle of one AES block with a key that is in the engine's key cache. */
  readonly seenKey: Spread;
  /** The same call without the key cache, so that the key blob is opened each time. */
  readonly newKey: Spread;
  /** The encryption of one AES block in node:crypto. */
  readonly cipher: Spread;
  /** The creation of an AES KeyObject in node:crypto. */
  readonly keyImport: Spread;
  /** GenerateKeyPair on the curve P-256. */
  readonly keyPair: Spread;
  /** The generation of a P-256 key pair in node:crypto, which multiplies the base point by a new secret. */
  readonly multiplication: Spread;
  /** One UnwrapKey of an AES key. */
  readonly unwrap: Spread;
  readonly multiPart: readonly MultiPartRow[];
}

/** Processor time of one operation on 1 KiB, depending on the number of calls it is made of. */
export interface MultiPartRow {
  readonly title: string;
  readonly single: Spread;
  /** Init, followed by one call with all data. */
  readonly split: Spread;
  /** One Update of a message that has already begun. */
  readonly update: Spread;
  /** The cryptography of one Update alone, as a direct call of node:crypto. */
  readonly primitive: Spread;
}

/** The latency of signing while other clients request one kind of long job, or none. */
export interface TailLatencyRow {
  readonly title: string;
  readonly p99Ms: Spread;
  /** How many long jobs were completed in a round. */
  readonly done: Spread;
  /** How many long jobs the server refused in a round because a queue was full. */
  readonly refused: Spread;
}

/** The measurements of a long message in parts of 1 MiB. */
export interface PartsRow {
  readonly operation: string;
  /** Processor time of one part in the server. */
  readonly server: Spread;
  /** The number of full garbage collections in the server, divided by the number of calls. */
  readonly collections: number;
  /** Processor time of one part in the engine, without a server. */
  readonly engine: Spread;
  /** How long one call of node:crypto takes for the same number of bytes. */
  readonly primitive: Spread;
  /** Mean time of one part in the first half of the message, in the engine. */
  readonly early: number;
  /** Mean time of one part in the second half of the message, in the engine. */
  readonly late: number;
  /** Size in bytes of the operation's state after the first part. */
  readonly firstState: number;
  /** Size in bytes of the operation's state before the last part. */
  readonly lastState: number;
}

/** The calls per second of one server process and of two. */
export interface ProcessesRow {
  readonly title: string;
  readonly one: Spread;
  readonly two: Spread;
  /** How busy the load generator kept one core (0 to 1). */
  readonly clientLoad: number;
  /** Processor time of the less busy server process, divided by the processor time of the other. 1 means equal load. */
  readonly evenness: number;
}

/** Processor time of the client process per call, for each of its transports. */
export interface ClientCost {
  readonly own: Spread;
  readonly node: Spread;
  /** The transport of @connectrpc/connect-node, for comparison. */
  readonly connect: Spread;
  /** How many calls of 1 MiB were made in parallel on one connection, and how many of them failed. */
  readonly parallel: { readonly calls: number; readonly failed: number };
}

/** The figures of one operation on our server and on other HSMs, all with the same number of calls in progress. */
export interface PeerRow {
  readonly title: string;
  readonly inFlight: number;
  readonly own: Figures;
  /** The figures of each other HSM that supports the operation, by the name of the HSM. */
  readonly peers: Readonly<Record<string, Figures>>;
}

/** The comparison with other HSMs. */
export interface Peers {
  readonly rows: readonly PeerRow[];
  /** The HSMs that were not measured, each with the reason. */
  readonly missing: readonly string[];
}

/** Start-up time and memory of the programs. */
export interface Start {
  /** How many milliseconds `node -e 0` takes, as the lower limit for the other two. */
  readonly nodeMs: Spread;
  /** How many milliseconds pass from the start of the server to its first response. */
  readonly serverMs: Spread;
  /** How many milliseconds `grep11 random 8` takes. */
  readonly cliMs: Spread;
  /** Resident memory of the server in MiB before any load. */
  readonly idleMiB: number;
  /** Resident memory of the server in MiB, read after every 25,000 calls. */
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
  /** The one-minute load average when the run began. */
  readonly loadBefore: number;
  /** The one-minute load average when the run ended. */
  readonly loadAfter: number;
}

/** Everything that is measured, in the order of a run. */
export interface Sections {
  readonly calls: readonly CallRow[];
  readonly matrix: readonly MatrixRow[];
  readonly signing: readonly SigningRow[];
  readonly engine: EngineCosts;
  readonly parts: readonly PartsRow[];
  readonly client: ClientCost;
  /** The first row is the latency without long jobs. */
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
  /** The sections that were measured. A run with `--only` has only some of them. */
  readonly sections: Partial<Sections>;
}
