/** Generates the tables of docs/performance.md. */

import { type MatrixRow, type Results, SERVERS, type ServerName } from "../results.ts";
import { relativeSpread, type Spread } from "../statistics.ts";
import { judge } from "../targets.ts";
import { count, ms, percent, ratio, significant, us } from "./numbers.ts";

const SERVER_NAMES = Object.keys(SERVERS) as ServerName[];

/** A chart that the document links to. */
interface ChartLink {
  readonly file: string;
  readonly title: string;
}

/** Returns the generated part of the document. `charts` are linked by their paths relative to the document. */
export function markdownOf(results: Results, charts: readonly ChartLink[]): string {
  return [
    ...conditions(results),
    "## Targets",
    ...table(
      ["", "target", "found", "verdict"],
      judge(results).map(({ id, target, found, verdict }) => [id, target, found, `**${verdict}**`]),
    ),
    "## Server CPU per call",
    "Microseconds of the server process per call, read from the operating system: median and spread of the rounds. *Engine* is the call without a server, *primitive* only its cryptography, as one call of node:crypto.",
    ...table(
      ["call", ...SERVER_NAMES.map((name) => SERVERS[name]), "engine", "primitive"],
      results.matrix.map(cpuCells),
    ),
    ...charts.map(({ file, title }) => `![${title}](${file})`),
    "## Calls per second and latency",
    "With *at once* calls in progress. The load generator runs on the same machine: where it took most of a core (*generator*), it was the limit, and the server could have handled more.",
    ...table(
      ["call", "at once", ...SERVER_NAMES.map((name) => `${SERVERS[name]}: calls/s`), "ours: p50", "p99", "generator"],
      results.matrix.map(throughputCells),
    ),
    ...ecdsaSection(results),
    ...softHsmSection(results),
  ].join("\n\n");
}

function conditions({ date, plan, machine }: Results): string[] {
  const { processor, cores, memoryGiB, system, node, openSsl, revision, loadBefore, loadAfter } = machine;
  return [
    `Run of ${date} (${plan}) at ${revision}: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, OpenSSL ${openSsl}. Load average before ${loadBefore.toFixed(2)}, after ${loadAfter.toFixed(2)}.`,
    cores <= 2
      ? "The machine has two cores, so server and load generator take one each and everything else takes from both: CPU per call is the figure to trust, calls per second and latency are lower bounds."
      : "Server, load generator and everything else share the cores of this machine.",
  ];
}

function cpuCells({ title, servers, engine, primitive }: MatrixRow): string[] {
  return [
    title,
    ...SERVER_NAMES.map((name) => withSpread(servers[name].cpu)),
    withSpread(engine),
    primitive === undefined ? "" : withSpread(primitive),
  ];
}

function throughputCells({ title, concurrency, servers }: MatrixRow): string[] {
  const { p50Ms, p99Ms, clientLoad } = servers.own;
  return [
    title,
    String(concurrency),
    ...SERVER_NAMES.map((name) => count(servers[name].callsPerSecond.median)),
    ms(p50Ms.median),
    ms(p99Ms.median),
    percent(clientLoad.median),
  ];
}

function ecdsaSection({ ecdsa }: Results): string[] {
  return [
    "## Raw ECDSA",
    "A whole call of the engine (open key, mechanism, policy) compared with the library alone, in microseconds of processor time.",
    ...table(
      ["curve", "", "engine", "library", "", "ratio"],
      ecdsa.map(({ curve, operation, engine, yardstick, library }) => [
        curve,
        operation,
        withSpread(engine),
        withSpread(yardstick),
        library,
        ratio(engine.median / yardstick.median),
      ]),
    ),
  ];
}

function softHsmSection({ softHsm }: Results): string[] {
  const title = "## SoftHSM2";
  if ("skipped" in softHsm) return [title, `Not measured: ${softHsm.skipped}.`];
  return [
    title,
    "SoftHSM2 through `p11-kit server` on a socket, with one session and one call after the other, as its protocol requires; ours over gRPC with 64 concurrent calls. CPU is that of the serving processes per operation. An operation with Init takes two calls in PKCS #11 and one *Single call in GREP11.",
    ...table(
      ["operation", "SoftHSM2", "ours", "ratio"],
      softHsm.map((row) => [
        row.title,
        us(row.softHsm.cpu.median),
        us(row.ours.cpu.median),
        ratio(row.ours.cpu.median / row.softHsm.cpu.median),
      ]),
    ),
  ];
}

function withSpread(spread: Spread): string {
  const deviation = spread.rounds === 1 ? "" : ` ±${percent(relativeSpread(spread) / 2)}`;
  return `${significant(spread.median)}${deviation}`;
}

/** Returns a Markdown table as a list with one paragraph. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): [string] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")];
}
