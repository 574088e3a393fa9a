import { describe, expect, it } from "vitest";
import { GOOD, resultsOf } from "../testing/results.ts";
import { svgOf } from "./chart.ts";
import { withMeasured } from "./document.ts";
import { markdownOf, table } from "./markdown.ts";
import { significant } from "./numbers.ts";

describe("markdownOf", () => {
  const text = markdownOf(resultsOf(GOOD), [{ file: "performance/cpu.svg", title: "CPU" }]);

  it("describes the machine, and warns about two cores", () => {
    for (const part of ["2026-01-01", "commit abc", "Node 24.0.0", "OpenSSL 3.5.0", "two cores"])
      expect(text).toContain(part);
  });

  it("has a row for each call with its costs", () => {
    for (const { title } of GOOD.matrix)
      expect(text).toContain(`| ${title} | 64 | 20.0 | 15.0 | 8.00 | 5.00 | 50,000 |`);
  });

  it("has the targets before the charts, and those before the tables", () => {
    const order = ["## Targets", "![CPU]", "## All calls"].map((part) => text.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });

  it("leaves out what was not measured", () => {
    const part = markdownOf(resultsOf({ start: GOOD.start }), []);
    expect(part).toContain("| P10 |");
    expect(part).not.toContain("| P1 |");
    expect(part).not.toContain("## All calls");
  });

  it("links charts and names what was not measured", () => {
    expect(text).toContain("![CPU](performance/cpu.svg)");
    expect(text).toContain("not measured: Kryoptic is not installed");
  });

  it("has the same number of columns in all rows of a table", () => {
    for (const block of text.split("\n\n").filter((paragraph) => paragraph.startsWith("|"))) {
      const widths = block.split("\n").map((line) => line.split(/(?<!\\)\|/).length);
      expect(new Set(widths).size).toBe(1);
    }
  });
});

describe("table", () => {
  it("escapes the cell separator", () => {
    expect(table(["a"], [["x|y"]])[0]).toContain("x\\|y");
  });
});

describe("svgOf", () => {
  const svg = svgOf({
    title: "A & B",
    unit: "µs",
    series: ["one", "two"],
    groups: [
      { label: "<first>", values: [10, 100] },
      { label: "second", values: [1000, 0] },
    ],
  });

  it("draws a bar for every value, longer ones for larger values", () => {
    const bars = [...svg.matchAll(/x="330" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(bars).toHaveLength(4);
    expect(bars[0]).toBeLessThan(bars[1]!);
    expect(bars[1]).toBeLessThan(bars[2]!);
    expect(bars[3]).toBe(0);
  });

  it("escapes text", () => {
    expect(svg).toContain("A &amp; B");
    expect(svg).toContain("&lt;first&gt;");
    expect(svg).not.toContain("<first>");
  });
});

describe("withMeasured", () => {
  const begin = "<!-- measured: written by pnpm bench, do not edit -->";
  const end = "<!-- end of measured -->";

  it("replaces the text between the markers and keeps the rest", () => {
    const first = withMeasured(`before\n${begin}\nold\n${end}\nafter\n`, "new");
    expect(first).toBe(`before\n${begin}\n\nnew\n\n${end}\nafter\n`);
    expect(withMeasured(first, "newer")).toBe(`before\n${begin}\n\nnewer\n\n${end}\nafter\n`);
  });

  it("refuses a document without markers", () => {
    expect(() => withMeasured("nothing", "new")).toThrow("no markers");
  });
});

describe("significant", () => {
  it("keeps three figures", () => {
    expect([0.5, 5.678, 56.78, 567.8, 12345.6].map(significant)).toEqual(["0.50", "5.68", "56.8", "568", "12,346"]);
  });
});
