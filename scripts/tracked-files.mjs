/** Provides what the check scripts share: the list of files, and the report at the end. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Returns the files of the working tree, except those that git ignores, whose path matches `pattern`. */
export function trackedFiles(pattern, paths = []) {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...paths];
  const { stdout } = spawnSync("git", args, { encoding: "utf8" });
  return [...new Set(stdout.split("\n"))].filter((file) => pattern.test(file) && existsSync(file));
}

/**
 * Prints the complaints and a summary, which begins with `what`. Ends the process; the exit code is 1 if there are complaints.
 */
export function report(what, complaints) {
  for (const complaint of complaints) console.error(complaint);
  console.error(`${what}, ${complaints.length} complaints`);
  process.exit(complaints.length === 0 ? 0 : 1);
}
