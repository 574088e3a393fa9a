/**
 * Installs `grep11` and `grep11-server` as commands next to the tools and Node 24, so that one folder on the PATH contains
 * everything.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BINARIES = join(root, "node_modules", ".bin");

const PROGRAMS = {
  grep11: join("packages", "cli", "bundle", "main.js"),
  "grep11-server": join("apps", "server", "bundle", "main.js"),
};

/**
 * Writes a launcher for each program. pnpm cannot create it, because the programs are not built yet when pnpm installs. A
 * launcher finds its own folder when it runs, so the checkout may be moved or copied.
 */
export function installPrograms() {
  mkdirSync(BINARIES, { recursive: true });
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const launcher = join(BINARIES, name);
    writeFileSync(
      launcher,
      `#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/../../${program}" "$@"\n`,
    );
    chmodSync(launcher, 0o755);
  }
}
