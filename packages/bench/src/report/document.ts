/**
 * Writes the results of a run to docs/: charts, JSON, and the tables of performance.md. The tables replace the text
 * between two markers in performance.md. The other text of that file is kept.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isSkipped, type Results } from "../results.ts";
import { type Chart, svgOf } from "./chart.ts";
import { markdownOf } from "./markdown.ts";

const DOCS = fileURLToPath(new URL("../../../../docs/", import.meta.url));
const BEGIN = "<!-- measured: written by pnpm bench, do not edit -->";
const END = "<!-- end of measured -->";

/** Writes all files. Throws an Error if docs/performance.md has no markers. */
export function writeDocument(results: Results): void {
  // All old charts are removed first, because a chart that no longer exists would otherwise remain.
  rmSync(`${DOCS}performance`, { recursive: true, force: true });
  mkdirSync(`${DOCS}performance`);
  const charts = chartsOf(results).map(({ file, chart }) => {
    writeFileSync(`${DOCS}${file}`, svgOf(chart));
    return { file, title: chart.title };
  });
  writeFileSync(`${DOCS}performance/results.json`, `${JSON.stringify(results, undefined, 1)}\n`);
  const document = `${DOCS}performance.md`;
  writeFileSync(document, withMeasured(readFileSync(document, "utf8"), markdownOf(results, charts)));
}

/** Replaces what is between the markers in `text` with `measured`. Throws an Error if `text` has no markers. */
export function withMeasured(text: string, measured: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the document has no markers for the measured part");
  return `${text.slice(0, begin)}${BEGIN}\n\n${measured}\n\n${text.slice(end)}`;
}

/** Returns the charts of the sections that were measured. */
function chartsOf({ sections: { calls, matrix, peers } }: Results): { readonly file: string; readonly chart: Chart }[] {
  const charts: { file: string; chart: Chart }[] = [];
  const add = (name: string, title: string, series: Chart["series"], groups: Chart["groups"]) =>
    charts.push({ file: `performance/${name}.svg`, chart: { title, unit: "µs", series, groups } });
  if (calls !== undefined) {
    const measured = calls.flatMap(({ title, inFlight, bytes, figures }) =>
      isSkipped(figures) || bytes !== 1024
        ? []
        : [{ label: `${title}, ${inFlight} at once`, values: [figures.cpu.median] }],
    );
    add("encrypt-single", "Server CPU per EncryptSingle of 1 KiB", ["server CPU"], measured);
  }
  if (matrix !== undefined) {
    const groups = matrix.map(({ title, own, layer, engine, primitive }) => {
      return { label: title, values: [own.cpu, layer.cpu, engine, primitive].map((spread) => spread?.median ?? 0) };
    });
    add("cpu", "CPU per call", ["server", "HTTP/2 layer, fixed reply", "engine", "primitive"], groups);
  }
  if (peers !== undefined) {
    const names = [...new Set(peers.rows.flatMap((row) => Object.keys(row.peers)))];
    const groups = peers.rows.map(({ title, inFlight, own, peers: theirs }) => {
      const values = [own, ...names.map((name) => theirs[name])].map((figures) => figures?.cpu.median ?? 0);
      return { label: `${title}, ${inFlight} at once`, values };
    });
    if (groups.length > 0) add("peers", "CPU per operation of other HSMs", ["grep11", ...names], groups);
  }
  return charts;
}
