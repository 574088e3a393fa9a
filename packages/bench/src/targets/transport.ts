/** Targets of the transport: P1, P2, P8, P12 and P14. */
import { count, ms, percent, ratio, us } from "../report/numbers.ts";
import { type CallRow, isSkipped, type MatrixRow } from "../results.ts";
import { atLeast, atMost, type Condition, type Target, unmeasured } from "./verdict.ts";

/** Calls that take the engine less than this many microseconds must reach CALLS_PER_SECOND or SHARE_OF_LAYER. */
const CHEAP_US = 10;
const CALLS_PER_SECOND = 40_000;
/** The server must reach this share of the rate of its HTTP/2 layer alone. */
const SHARE_OF_LAYER = 0.6;
/** Calls whose cryptography takes more than this many microseconds must reach SHARE_OF_PRIMITIVE. */
const EXPENSIVE_US = 15;
/** The server must reach this share of the rate of the cryptography alone. */
const SHARE_OF_PRIMITIVE = 0.75;
const JSON_3_MB_US = 10_000;

export const P1: Target<"calls"> = {
  id: "P1",
  target:
    "EncryptSingle of 1 KiB, 64 in flight on 4 connections: server CPU at most 0.5 times the node:http2 floor, 0.35 times a grpc-js echo, and 1.0 times a grpc-go echo",
  section: "calls",
  conditions: (calls) => [
    compare(calls, "own", "floor", 0.5),
    compare(calls, "own", "grpcJs", 0.35),
    compare(calls, "own", "grpcGo", 1),
  ],
};

export const P2: Target<"matrix"> = {
  id: "P2",
  target:
    "per core, 40,000 calls/s of what costs less than 10 µs in the engine, or 0.6 times what a fixed reply over the same HTTP/2 layer reaches; where the primitive costs more than 15 µs, 75 % of what it alone allows on one core",
  section: "matrix",
  conditions: (matrix) =>
    matrix.filter(({ name }) => name !== "mixed" && name !== "encrypt-update").flatMap(conditionsOfRow),
};

function conditionsOfRow({ title, own, layer, engine, primitive }: MatrixRow): Condition[] {
  const perSecond = 1e6 / own.cpu.median;
  if (engine.median < CHEAP_US) {
    const wanted = Math.min(CALLS_PER_SECOND, (SHARE_OF_LAYER * 1e6) / layer.cpu.median);
    const share = ratio(layer.cpu.median / own.cpu.median);
    return [atLeast(`${title} ${count(perSecond)}/s (${share} of the layer)`, perSecond, wanted)];
  }
  if (primitive === undefined || primitive.median <= EXPENSIVE_US) return [];
  const share = primitive.median / own.cpu.median;
  return [atLeast(`${title} ${percent(share)} of the primitive`, share, SHARE_OF_PRIMITIVE)];
}

export const P8: Target<"client"> = {
  id: "P8",
  target:
    "the client: at most 0.35 times the CPU per call of its transport on node:http2; 200 parallel calls of 1 MiB on one connection lose none",
  section: "client",
  conditions: ({ own, node, connect, parallel }) => {
    const factor = own.median / node.median;
    const numbers = `${us(own.median)}, on node:http2 ${us(node.median)} (${ratio(factor)}), Connect's own transport ${us(connect.median)}`;
    const lost = `${parallel.failed} of ${parallel.calls} calls lost`;
    return [atMost(numbers, factor, 0.35), { text: lost, share: parallel.failed === 0 ? 0 : 1 + parallel.failed }];
  },
};

export const P12: Target<"calls"> = {
  id: "P12",
  target:
    "gRPC-Web and Connect (binary) over HTTP/2 at most 1.5 times gRPC; Connect JSON at most 4 times gRPC for small calls and at most 10 ms per 3 MB (EncryptSingle, with the limit for JSON raised)",
  section: "calls",
  conditions: (calls) => {
    const large = cpuOf(calls, "large-json")!;
    const grpc = cpuOf(calls, "large")!;
    return [
      compare(calls, "web", "own", 1.5),
      compare(calls, "connect", "own", 1.5),
      compare(calls, "json", "own", 4),
      atMost(`3 MB as JSON ${ms(large / 1000)}, over gRPC ${ms(grpc / 1000)}`, large, JSON_3_MB_US),
    ];
  },
};

export const P14: Target<"calls"> = {
  id: "P14",
  target: "one call at a time costs at most 1.4 times the CPU of 16 in flight (EncryptSingle of 1 KiB, one connection)",
  section: "calls",
  conditions: (calls) => [compare(calls, "own-1", "own-16", 1.4)],
};

/** Returns the condition that the call `id` costs at most `limit` times as much as the call `other`. */
function compare(calls: readonly CallRow[], id: string, other: string, limit: number): Condition {
  const [row, peer] = [rowOf(calls, id), rowOf(calls, other)];
  const name = peer.inFlight === row.inFlight ? peer.title : `${peer.inFlight} in flight`;
  if (isSkipped(peer.figures)) return unmeasured(name, peer.figures.skipped);
  const [cpu, theirs] = [cpuOf(calls, id)!, cpuOf(calls, other)!];
  return atMost(`${row.title} ${us(cpu)}, ${name} ${us(theirs)} (${ratio(cpu / theirs)})`, cpu / theirs, limit);
}

function rowOf(calls: readonly CallRow[], id: string): CallRow {
  const row = calls.find((candidate) => candidate.id === id);
  if (row === undefined) throw new RangeError(`there is no call ${id}`);
  return row;
}

function cpuOf(calls: readonly CallRow[], id: string): number | undefined {
  const { figures } = rowOf(calls, id);
  return isSkipped(figures) ? undefined : figures.cpu.median;
}
