/**
 * Judges the performance targets P1 to P10 by the results of one run. The functions are pure: they convert results to verdicts.
 */
import { count, ms, percent, ratio, us } from "./report/numbers.ts";
import type { MatrixRow, ProcessesRow, Results, ServerName } from "./results.ts";
import { spreadOf } from "./statistics.ts";

/** The verdict on one target. */
interface Verdict {
  /** The name of the target, "P1" to "P10". */
  readonly id: string;
  readonly target: string;
  /** The numbers on which the verdict is based. */
  readonly found: string;
  readonly verdict: "met" | "missed" | "not measured";
}

/** How many calls per second the server should reach: 20 times the 500 requests/s per crypto unit that IBM documents. */
const CALLS_PER_SECOND = 20 * 500;
/** If a primitive takes longer than this many microseconds, the target is a share of the primitive's own rate instead. */
const SLOW_PRIMITIVE_US = 60;
const SHARE_OF_PRIMITIVE = 0.7;
const P2_WORKLOADS = ["aes-cbc", "hmac", "ecdsa-p256", "ecdsa-p256-sha256", "ed25519"];
const ECDSA_LIMIT = { OpenSSL: 1.3, libsecp256k1: 1.5 } as const;
/** By what factor memory may grow in the second half of the load and still count as constant. */
const MAX_GROWTH = 1.15;
/** By what factor later parts of a message may be slower and still count as equally fast. */
const MAX_EXTRA_COST = 1.25;

/** Returns the verdicts on all targets, in order. */
export function judge(results: Results): Verdict[] {
  return [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10].map((target) => target(results));
}

function p1({ matrix }: Results): Verdict {
  const row = rowOf(matrix, "aes-cbc");
  const [ours, echo, floor] = [cpu(row, "own"), cpu(row, "grpcJs"), cpu(row, "floor")];
  return {
    id: "P1",
    target: "EncryptSingle AES-CBC 1 KiB: server CPU at most that of a grpc-js echo, and 2.5 times the floor",
    found: `${us(ours)}; grpc-js ${us(echo)} (${ratio(ours / echo)}), floor ${us(floor)} (${ratio(ours / floor)})`,
    verdict: met(ours <= echo && ours <= 2.5 * floor),
  };
}

function p2({ matrix }: Results): Verdict {
  const parts = P2_WORKLOADS.map((name) => {
    const row = rowOf(matrix, name);
    const capacity = 1e6 / cpu(row, "own");
    const primitive = row.primitive!.median;
    const wanted = primitive > SLOW_PRIMITIVE_US ? (SHARE_OF_PRIMITIVE * 1e6) / primitive : CALLS_PER_SECOND;
    return { ok: capacity >= wanted, text: `${name} ${count(capacity)}` };
  });
  return {
    id: "P2",
    target: `one process on one core: ${count(CALLS_PER_SECOND)} calls/s of AES-CBC, HMAC, P-256 and Ed25519 signing, or 70 % of a primitive slower than ${SLOW_PRIMITIVE_US} µs`,
    found: `${list(parts)} (calls per second of server CPU)`,
    verdict: met(parts.every(({ ok }) => ok)),
  };
}

function p3({ ecdsa }: Results): Verdict {
  const rows = ecdsa.map((row) => {
    const slower = row.engine.median / row.yardstick.median;
    const limit = row.curve === "secp256k1" ? ECDSA_LIMIT.libsecp256k1 : ECDSA_LIMIT[row.library];
    return { ok: slower <= limit, text: `${row.curve} ${row.operation} ${ratio(slower)}`, row };
  });
  const missing = rows.every(({ row }) => row.library !== "libsecp256k1");
  const failed = rows.filter(({ ok }) => !ok);
  const verdict = failed.length > 0 ? list(failed) : `worst ${worst(rows)}`;
  return {
    id: "P3",
    target: "raw ECDSA: at most 1.3 times OpenSSL's time; secp256k1 at most 1.5 times libsecp256k1's",
    found: missing ? `${verdict}; libsecp256k1 is not installed, secp256k1 is compared with OpenSSL` : verdict,
    verdict: failed.length > 0 ? "missed" : missing ? "not measured" : "met",
  };
}

function p4({ keyOpening }: Results): Verdict {
  const { seenKey, newKey, cipher } = keyOpening;
  const call = seenKey.median - cipher.median;
  const opening = newKey.median - seenKey.median;
  return {
    id: "P4",
    target: "opening a key: at most 3 µs if it is cached, 60 µs if it is new",
    found: `everything but the cipher in EncryptSingle of one block ${us(call)}, with a new key ${us(opening)} more`,
    verdict: met(call <= 3 && opening <= 60),
  };
}

function p5({ tailLatency }: Results): Verdict {
  const [idle, loaded] = [tailLatency.idle, tailLatency.loaded].map((rounds) => middle(rounds.map(({ p99 }) => p99)));
  return {
    id: "P5",
    target: "8 clients generate RSA-4096 pairs: p99 of another client's P-256 signing at most 3 times its idle p99",
    found: `idle ${ms(idle!)}, loaded ${ms(loaded!)} (${ratio(loaded! / idle!)}); ${tailLatency.pairs} pairs generated, ${tailLatency.refused} refused`,
    verdict: met(loaded! <= 3 * idle!),
  };
}

function p6({ parts }: Results): Verdict {
  const rows = parts.map(({ operation, part, primitive, early, late, firstState, lastState }) => {
    const share = primitive.median / part.median;
    return {
      ok: share >= 0.5 && lastState <= firstState && late <= MAX_EXTRA_COST * early,
      text: `${operation} ${Math.round(share * 100)} % (${count(1e6 / part.median)} MiB/s), state ${firstState} then ${lastState} B, late parts ${ratio(late / early)}`,
    };
  });
  return {
    id: "P6",
    target: "parts of 1 MiB: at least half the throughput of node:crypto; state and cost do not grow",
    found: list(rows),
    verdict: met(rows.every(({ ok }) => ok)),
  };
}

function p7({ processes }: Results): Verdict {
  const target = "two processes: at least 1.8 times one, where the load generator is not the limit";
  if ("skipped" in processes) return { id: "P7", target, found: processes.skipped, verdict: "not measured" };
  const gain = ({ one, two }: ProcessesRow) => two.median / one.median;
  const leastLimited = [...processes].sort((a, b) => a.clientLoad - b.clientLoad)[0]!;
  const rows = processes.map((row) => ({
    text: `${row.title}: ${count(row.one.median)} and ${count(row.two.median)}/s (${ratio(gain(row))}; load generator ${percent(row.clientLoad)} of a core, the less busy process ${percent(row.evenness)} of the other)`,
  }));
  return { id: "P7", target, found: list(rows), verdict: met(gain(leastLimited) >= 1.8) };
}

function p8({ client }: Results): Verdict {
  return {
    id: "P8",
    target: "the client: at most 80 µs CPU per call over its Node transport",
    found: `${us(client.ours.median)}; over Connect's own transport ${us(client.connect.median)}`,
    verdict: met(client.ours.median <= 80),
  };
}

function p9({ softHsm }: Results): Verdict {
  const target = "faster than SoftHSM2 behind p11-kit on every operation that both support, per core";
  if ("skipped" in softHsm) return { id: "P9", target, found: softHsm.skipped, verdict: "not measured" };
  const rows = softHsm.map((row) => ({ row, ok: row.ours.cpu.median < row.softHsm.cpu.median }));
  const slower = rows
    .filter(({ ok }) => !ok)
    .map(({ row }) => ({ text: `${row.title}: ${us(row.ours.cpu.median)} against ${us(row.softHsm.cpu.median)}` }));
  return {
    id: "P9",
    target,
    found: `faster on ${rows.length - slower.length} of ${rows.length}${slower.length === 0 ? "" : `; slower on ${list(slower)}`}`,
    verdict: met(slower.length === 0),
  };
}

function p10({ start }: Results): Verdict {
  // The heap reaches its final size in the first half of the load.
  const settled = start.loadedMiB[Math.floor(start.loadedMiB.length / 2)]!;
  const last = start.loadedMiB.at(-1)!;
  return {
    id: "P10",
    target: "first response within 0.7 s of the start; under 150 MB idle, flat under load",
    found: `${Math.round(start.firstAnswerMs.median)} ms; ${Math.round(start.idleMiB)} MiB idle, under load ${start.loadedMiB.map(Math.round).join(", ")} MiB`,
    verdict: met(start.firstAnswerMs.median <= 700 && start.idleMiB <= 150 && last <= MAX_GROWTH * settled),
  };
}

/** Returns the row of the workload `name`. */
export function rowOf(matrix: readonly MatrixRow[], name: string): MatrixRow {
  const row = matrix.find((candidate) => candidate.name === name);
  if (row === undefined) throw new RangeError(`the matrix has no row ${name}`);
  return row;
}

function cpu(row: MatrixRow, server: ServerName): number {
  return row.servers[server].cpu.median;
}

function met(condition: boolean): "met" | "missed" {
  return condition ? "met" : "missed";
}

function middle(values: readonly number[]): number {
  return spreadOf(values).median;
}

function worst(rows: readonly { readonly text: string; readonly row: Results["ecdsa"][number] }[]): string {
  const slowness = ({ row }: (typeof rows)[number]) => row.engine.median / row.yardstick.median;
  return [...rows].sort((a, b) => slowness(b) - slowness(a))[0]?.text ?? "none";
}

function list(parts: readonly { readonly text: string }[]): string {
  return parts.map(({ text }) => text).join(", ");
}
