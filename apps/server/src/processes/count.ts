import { availableParallelism } from "node:os";

/** Returns a configured number of processes, where "auto" means one for each core. */
export function processCount(count: number | "auto"): number {
  return count === "auto" ? availableParallelism() : count;
}

/** Parses "auto" or a number from 1 to 64. Returns undefined for any other text. */
export function parseProcesses(text: string): number | undefined {
  if (text === "auto") return processCount(text);
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= 64 ? count : undefined;
}
