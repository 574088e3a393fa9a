/** Generates the measured part of docs/performance.md: targets, charts, tables. */
import { type Figures, isSkipped, type PeerRow, type Results, SERVERS, type Sections } from "../results.ts";
import { relativeSpread, type Spread } from "../statistics.ts";
import { judge } from "../targets/targets.ts";
import { verdictText } from "../targets/verdict.ts";
import { count, ms, percent, ratio, significant } from "./numbers.ts";

/** A chart that the document links to. */
interface ChartLink {
  readonly file: string;
  readonly title: string;
}

/** A table of one section of the results. */
interface Table<K extends keyof Sections> {
  readonly section: K;
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  rows(result: Sections[K]): readonly (readonly string[])[];
}

const FIGURES = ["CPU, µs", "calls/s", "p50", "p99", "generator"];

const CALLS: Table<"calls"> = {
  section: "calls",
  title: "EncryptSingle AES-256-CBC",
  note: "Of 1 KiB, unless the first column has another size. Processor time of the server process per call; *at once* calls are in progress over that many connections. *Generator* is the share of a core that the load generator took: where it is near 100 %, it was the limit, and the server could have handled more calls per second.",
  head: ["server and protocol", "at once", "connections", ...FIGURES],
  rows: (rows) =>
    rows.map(({ title, inFlight, connections, figures }) => [
      title,
      String(inFlight),
      String(connections),
      ...(isSkipped(figures) ? [`not measured: ${figures.skipped}`, "", "", "", ""] : figureCells(figures)),
    ]),
};

const MATRIX: Table<"matrix"> = {
  section: "matrix",
  title: "All calls",
  note: `Processor time per call in µs with *at once* calls in progress: the server, ${SERVERS.layer}, the engine without a server, and its cryptography alone as one call of node:crypto or libsecp256k1.`,
  head: ["call", "at once", "server", "layer", "engine", "primitive", "calls/s", "p50", "p99", "generator"],
  rows: (rows) =>
    rows.map(({ title, concurrency, own, layer, engine, primitive }) => [
      title,
      String(concurrency),
      ...[own.cpu, layer.cpu, engine].map(withSpread),
      primitive === undefined ? "" : withSpread(primitive),
      ...figureCells(own).slice(1),
    ]),
};

const SIGNING: Table<"signing"> = {
  section: "signing",
  title: "Signatures of digests",
  note: "A whole call of the engine (open key, mechanism, policy) compared with EVP_PKEY_sign or EVP_PKEY_verify of Node's OpenSSL, or with libsecp256k1, in µs of processor time.",
  head: ["key", "", "engine", "library", "", "ratio"],
  rows: (rows) =>
    rows.map(({ key, operation, engine, yardstick, library }) => [
      key,
      operation,
      withSpread(engine),
      withSpread(yardstick),
      library,
      ratio(engine.median / yardstick.median),
    ]),
};

const MULTI_PART: Table<"engine"> = {
  section: "engine",
  title: "One call, Init and one call, or parts",
  note: "The same operation on 1 KiB in the engine, in µs of processor time; *primitive* is the cryptography of an Update alone.",
  head: ["operation", "Single call", "Init and call", "Update", "primitive"],
  rows: ({ multiPart }) =>
    multiPart.map(({ title, single, split, update, primitive }) => [
      title,
      ...[single, split, update, primitive].map(withSpread),
    ]),
};

const PEERS: Table<"peers"> = {
  section: "peers",
  title: "Other HSMs",
  note: "Through `p11-kit server` on a socket, where each client has its own process and makes one call after the other; ours over gRPC with as many calls in progress on one connection. CPU is that of the serving processes per operation, in µs. An operation with Init takes two calls in PKCS #11 and one in GREP11. Operations that p11-kit does not pass on are left out.",
  head: ["operation", "at once", "grep11", "peer", "", "ratio", "p50, ours and theirs", "p99, ours and theirs"],
  rows: ({ rows }) => rows.flatMap(peerRows),
};

function peerRows({ title, inFlight, own, peers }: PeerRow): string[][] {
  return Object.entries(peers).map(([name, theirs]) => [
    title,
    String(inFlight),
    withSpread(own.cpu),
    withSpread(theirs.cpu),
    name,
    ratio(own.cpu.median / theirs.cpu.median),
    `${ms(own.p50Ms.median)}, ${ms(theirs.p50Ms.median)}`,
    `${ms(own.p99Ms.median)}, ${ms(theirs.p99Ms.median)}`,
  ]);
}

const TABLES: readonly Table<keyof Sections>[] = [CALLS, MATRIX, SIGNING, MULTI_PART, PEERS];

/** Returns the generated part of the document. The links to `charts` are relative to the document. */
export function markdownOf(results: Results, charts: readonly ChartLink[]): string {
  return [
    ...conditions(results),
    "## Targets",
    ...table(
      ["", "target", "found", "verdict"],
      judge(results).map((verdict) => [verdict.id, verdict.target, verdict.found, `**${verdictText(verdict)}**`]),
    ),
    ...charts.map(({ file, title }) => `![${title}](${file})`),
    ...TABLES.flatMap((part) => sectionOf(part, results)),
  ].join("\n\n");
}

function sectionOf<K extends keyof Sections>(
  { section, title, note, head, rows }: Table<K>,
  { sections }: Results,
): string[] {
  const result = sections[section];
  return result === undefined ? [] : [`## ${title}`, note, ...table(head, rows(result))];
}

function conditions({ date, plan, machine }: Results): string[] {
  const { processor, cores, memoryGiB, system, node, openSsl, revision, loadBefore, loadAfter } = machine;
  return [
    `Run of ${date} (${plan}) at ${revision}: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, OpenSSL ${openSsl}. Load average before ${loadBefore.toFixed(2)}, after ${loadAfter.toFixed(2)}.`,
    cores <= 2
      ? "The machine has two cores. The server and the load generator keep one busy each, and all other work takes time from both. So rely on the CPU time per call: on a machine with more cores, there would be more calls per second, and the latency would be lower."
      : "Server, load generator and everything else share the cores of this machine.",
  ];
}

/** Returns the cells of the columns in FIGURES. */
function figureCells({ cpu, callsPerSecond, p50Ms, p99Ms, clientLoad }: Figures): string[] {
  return [
    withSpread(cpu),
    count(callsPerSecond.median),
    ms(p50Ms.median),
    ms(p99Ms.median),
    percent(clientLoad.median),
  ];
}

function withSpread(spread: Spread): string {
  const deviation = spread.rounds === 1 ? "" : ` ±${percent(relativeSpread(spread) / 2)}`;
  return `${significant(spread.median)}${deviation}`;
}

/** Returns a Markdown table. The result is an array because callers combine it with lists of other paragraphs. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): [string] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")];
}
