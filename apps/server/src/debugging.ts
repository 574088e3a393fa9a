/**
 * Keeps debuggers out of a process that holds keys. On SIGUSR1, Node opens an unauthenticated inspector on 127.0.0.1:9229
 * (https://nodejs.org/api/process.html#signal-events), and some options of Node write the memory of the process to files. Anyone
 * with access to the inspector or the files can read the master keys.
 */
import { url as inspectorUrl } from "node:inspector";

/** The Node option that disables the inspector on SIGUSR1. */
export const NO_DEBUG_SIGNAL = "--disable-sigusr1";

/** Options of Node that open a debugger, or write the memory of the process to a file. */
const EXPOSING = /^--(inspect|heapsnapshot-|heap-prof|abort-on-uncaught-exception|report-(on-|uncaught-))/;

/**
 * Re-executes the program in place if it runs without {@link NO_DEBUG_SIGNAL}. So it does not matter whether it was started by
 * its own name, by `node main.js` or by a package manager. A process with an IPC channel to its parent cannot be replaced; there,
 * a listener for the signal prevents the inspector from being opened. Windows has no such signal.
 */
export function ignoreDebugSignal(options: readonly string[]): void {
  if (process.execArgv.includes(NO_DEBUG_SIGNAL)) return;
  process.on("SIGUSR1", () => undefined);
  if (process.channel !== undefined || process.execve === undefined || process.platform === "win32") return;
  const missing = [NO_DEBUG_SIGNAL, ...options].filter((option) => !process.execArgv.includes(option));
  try {
    process.execve(process.execPath, [process.execPath, ...missing, ...process.execArgv, ...process.argv.slice(1)]);
  } catch {
    // Replacing the process is not permitted, so only the listener protects it.
  }
}

/** Describes why others can read the memory of this process; returns undefined if they cannot. */
export function exposure(
  execArgv: readonly string[] = process.execArgv,
  nodeOptions: string = process.env.NODE_OPTIONS ?? "",
): string | undefined {
  const option = [...execArgv, ...nodeOptions.split(/\s+/)].find((option) => EXPOSING.test(option));
  if (option !== undefined) return `Node's option ${option.split("=")[0]}`;
  return inspectorUrl() === undefined ? undefined : "an open debugger";
}
