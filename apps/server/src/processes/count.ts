/** Determines how many processes to run. */
import { availableParallelism } from "node:os";

/** Converts a configured count to a number. */
export function processCount(count: number | "auto"): number {
  return count === "auto" ? availableParallelism() : count;
}

/** Parses `auto` (one process per core) or a number from 1 to 64. Returns undefined if `text` is neither. */
export function parseProcesses(text: string): number | undefined {
  if (text === "auto") return availableParallelism();
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= 64 ? count : undefined;
}
