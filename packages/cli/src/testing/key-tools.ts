/** Runs openssl, ssh-keygen and keytool for tests that need files from these programs. */
import { spawnSync } from "node:child_process";

/** Returns whether this machine has the program. If it does not, prints which tests are skipped. */
export function hasTool(name: string, ...versionArgs: string[]): boolean {
  const found = spawnSync(name, versionArgs).error === undefined;
  if (!found) process.stderr.write(`skipped: tests with files of ${name}, which this machine lacks\n`);
  return found;
}

/** Runs `name` in `folder` and returns its stdout. Throws if the tool fails. */
export function runTool(folder: string, name: string, line: string, input?: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(name, line.split(" "), { cwd: folder, ...(input ? { input } : {}) });
  if (status !== 0) throw new Error(`${name} ${line}: ${stderr}`);
  return stdout;
}
