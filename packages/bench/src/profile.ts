/** Evaluates CPU profiles that V8's inspector has recorded. */
import type { Profiler } from "node:inspector";

/** The time that a function took, not counting the functions that it called. */
export interface ProfileEntry {
  /** The function's name, file and line in one text. */
  readonly name: string;
  /** The fraction (0 to 1) of the program's busy time that this function took. */
  readonly share: number;
}

/** Returns the functions of `profile`, beginning with the function that took the most time. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly ProfileEntry[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "(unknown)";
    if (name === "(idle)") return;
    // Each delta is the time since the previous sample, so the next delta is how long this sample lasted.
    const time = timeDeltas[index + 1] ?? 0;
    busy += time;
    times.set(name, (times.get(name) ?? 0) + time);
  });
  return [...times].map(([name, time]) => ({ name, share: time / busy })).sort((a, b) => b.share - a.share);
}

function nameOf({ functionName, url, lineNumber }: Profiler.Profile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  const file = url.split("/").slice(-4).join("/");
  return file === "" ? name : `${name} ${file}:${lineNumber + 1}`;
}
