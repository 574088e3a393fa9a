/**
 * Writes the results of a run to docs/: charts, JSON, and the tables of performance.md. The tables are put between two markers;
 * the other text of that file is kept.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Results, SERVERS, type ServerName } from "../results.ts";
import { type Chart, svgOf } from "./chart.ts";
import { markdownOf } from "./markdown.ts";

const DOCS = fileURLToPath(new URL("../../../../docs/", import.meta.url));
const BEGIN = "<!-- measured: written by pnpm bench, do not edit -->";
const END = "<!-- end of measured -->";
const NAMES = Object.keys(SERVERS) as ServerName[];

/** Writes all files. Throws an Error if docs/performance.md has no markers. */
export function writeDocument(results: Results): void {
  mkdirSync(`${DOCS}performance`, { recursive: true });
  const charts = chartsOf(results).map(({ file, chart }) => {
    writeFileSync(`${DOCS}${file}`, svgOf(chart));
    return { file, title: chart.title };
  });
  writeFileSync(`${DOCS}performance/results.json`, `${JSON.stringify(results, undefined, 1)}\n`);
  const document = `${DOCS}performance.md`;
  writeFileSync(document, withMeasured(readFileSync(document, "utf8"), markdownOf(results, charts)));
}

/** Returns `text` with `measured` between its markers. Throws an Error if it has no markers. */
export function withMeasured(text: string, measured: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the document has no markers for the measured part");
  return `${text.slice(0, begin)}${BEGIN}\n\n${measured}\n\n${text.slice(end)}`;
}

function chartsOf({ matrix }: Results): { readonly file: string; readonly chart: Chart }[] {
  const series = NAMES.map((name) => SERVERS[name]);
  const groups = (figure: "cpu" | "callsPerSecond") =>
    matrix.map(({ title, servers }) => ({ label: title, values: NAMES.map((name) => servers[name][figure].median) }));
  return [
    { file: "performance/cpu.svg", chart: { title: "Server CPU per call", unit: "µs", series, groups: groups("cpu") } },
    {
      file: "performance/calls.svg",
      chart: { title: "Calls per second", unit: "/s", series, groups: groups("callsPerSecond") },
    },
  ];
}
