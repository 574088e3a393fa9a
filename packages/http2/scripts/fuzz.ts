/** Runs the fuzz test for longer than the test suite does: `node scripts/fuzz.ts [frames] [seed]`. */
import { fuzz } from "../test/fuzz.ts";

const frames = Number(process.argv[2] ?? 10_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const ROUND = 500_000;
const SEEDS_APART = 10_000_000;
console.log(`${frames} frames, seed ${seed}`);
const failures = new Map<string, number>();
let done = 0;
for (let round = 0; done < frames; round++) {
  const report = fuzz(Math.min(ROUND, frames - done), seed + round * SEEDS_APART);
  done += report.frames;
  for (const [name, count] of report.failures) failures.set(name, (failures.get(name) ?? 0) + count);
  console.log(done, `${process.memoryUsage.rss() >> 20} MiB`);
}
console.log(Object.fromEntries(failures));
