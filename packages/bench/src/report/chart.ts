/** Draws bar charts as SVG that are readable on light and dark pages. */

/** A chart of horizontal bars. Each measured item is a group of bars, with one bar for each series. */
export interface Chart {
  readonly title: string;
  /** The unit that is printed after every number. */
  readonly unit: string;
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
}

/**
 * The colours of the series. They differ in lightness, so that people with colour blindness can tell them apart (Okabe and Ito).
 */
const COLOURS = ["#0072b2", "#56b4e9", "#e69f00", "#999999"];
const WIDTH = 960;
const LABELS = 330;
const NUMBERS = 90;
const BAR = 12;
const GROUP_GAP = 14;
const TOP = 64;

/** Returns the chart as an SVG document. The scale is logarithmic, because the values differ by orders of magnitude. */
export function svgOf({ title, unit, series, groups }: Chart): string {
  const values = groups.flatMap((group) => group.values).filter((value) => value > 0);
  const [least, most] = [Math.min(...values) / 2, Math.max(...values)];
  const lengthOf = (value: number): number =>
    value <= 0 ? 0 : (Math.log(value / least) / Math.log(most / least)) * (WIDTH - LABELS - NUMBERS);
  const groupHeight = series.length * BAR + GROUP_GAP;
  const height = TOP + groups.length * groupHeight;
  const legend = series.map((name, index) => {
    const x = 16 + index * 230;
    return `${bar(x, 36, 12, index)}${text(x + 18, 46, name)}`;
  });
  const bars = groups.map(({ label, values }, group) => {
    const y = TOP + group * groupHeight;
    const lines = values.map((value, index) => {
      const length = lengthOf(value);
      const at = y + index * BAR;
      const number = `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
      return `${bar(LABELS, at, length, index)}${text(LABELS + length + 6, at + BAR - 2, number)}`;
    });
    return `${text(LABELS - 8, y + (series.length * BAR) / 2 + 4, label, "end")}${lines.join("")}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="22" font-size="15" font-weight="bold" fill="#222222">${escaped(title)} (logarithmic)</text>`,
    ...legend,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

function bar(x: number, y: number, width: number, series: number): string {
  const colour = COLOURS[series % COLOURS.length];
  return `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${colour}"/>`;
}

function text(x: number, y: number, content: string, anchor: "start" | "end" = "start"): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="#222222">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
