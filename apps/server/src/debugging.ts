/**
 * Keeps debuggers out of a process that holds keys. On SIGUSR1, Node opens an unauthenticated debugger on 127.0.0.1:9229
 * (https://nodejs.org/api/process.html#signal-events). Anyone who reaches it can read the master keys.
 */
import { url as inspectorUrl } from "node:inspector";

/** The option of Node by which it ignores SIGUSR1. */
export const NO_DEBUG_SIGNAL = "--disable-sigusr1";

/** Matches options of Node that open a debugger, or write the memory of the process to a file. */
const EXPOSING = /^--(inspect|heapsnapshot-|heap-prof|abort-on-uncaught-exception|report-(on-|uncaught-))/;

/**
 * If the program runs without {@link NO_DEBUG_SIGNAL}, starts it again in the same process, with this option and with `options`.
 * A process with an IPC channel to its parent would lose the channel. There, a listener for the signal keeps the debugger closed.
 */
export function ignoreDebugSignal(options: readonly string[]): void {
  if (process.execArgv.includes(NO_DEBUG_SIGNAL)) return;
  process.on("SIGUSR1", () => undefined);
  if (process.channel !== undefined || process.execve === undefined || process.platform === "win32") return;
  const missing = [NO_DEBUG_SIGNAL, ...options].filter((option) => !process.execArgv.includes(option));
  try {
    process.execve(process.execPath, [process.execPath, ...missing, ...process.execArgv, ...process.argv.slice(1)]);
  } catch {
    // Starting the program again has failed, so only the listener keeps the debugger closed.
  }
}

/** Describes what lets others read the memory of this process, or returns undefined if nothing does. */
export function exposure(
  execArgv: readonly string[] = process.execArgv,
  nodeOptions: string = process.env.NODE_OPTIONS ?? "",
): string | undefined {
  const option = [...execArgv, ...nodeOptions.split(/\s+/)].find((option) => EXPOSING.test(option));
  if (option !== undefined) return `Node's option ${option.split("=")[0]}`;
  return inspectorUrl() === undefined ? undefined : "an open debugger";
}
