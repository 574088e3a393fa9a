/** Reads CPU profiles as V8's inspector records them. */
import type { Profiler } from "node:inspector";

/** A function, and the time that it took itself, without those that it called. */
export interface ProfileEntry {
  /** Name, file and line. */
  readonly name: string;
  /** Its share (0 to 1) of the time in which the program was not idle. */
  readonly share: number;
}

/** Returns the functions of `profile`, those that took most time first. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly ProfileEntry[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "(unknown)";
    if (name === "(idle)") return;
    // A delta is the time from the sample before to this one.
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
