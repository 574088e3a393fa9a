#!/usr/bin/env node
/**
 * Checks that the published packages can be installed:
 * - publint and are-the-types-wrong accept the packed archive of every package that is not private. The packages are ESM only, so
 *   are-the-types-wrong does not check require().
 * - The archive contains what is built from the present sources, and no tests.
 * - No two archives have the same name.
 * - None of the packages in REFUSED is installed with them.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packages = ["packages", "apps"]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
  .filter(({ manifest }) => manifest.private !== true);

/** Packages that have advisories without a fix. `npm audit` would warn everyone who installs a package that depends on them. */
const REFUSED = ["elliptic"];

const out = mkdtempSync(join(tmpdir(), "grep11-pack-"));
let failed = false;
try {
  for (const complaint of [...sameArchives(packages.map(({ manifest }) => manifest.name)), ...refusedPackages()]) {
    console.error(`FAIL ${complaint}`);
    failed = true;
  }
  for (const { folder, manifest } of packages) {
    const complaint = inspect(folder, manifest);
    console.error(`${complaint === undefined ? "ok  " : "FAIL"} ${manifest.name}`);
    if (complaint !== undefined) {
      console.error(complaint);
      failed = true;
    }
  }
} finally {
  rmSync(out, { recursive: true });
}
process.exit(failed ? 1 : 0);

/** Returns a complaint for each archive name (as `npm pack` creates it) that several packages share. */
function sameArchives(names) {
  const byArchive = Map.groupBy(names, (name) => name.replace(/^@/, "").replace("/", "-"));
  return [...byArchive]
    .filter(([, same]) => same.length > 1)
    .map(([archive, same]) => `${archive}: ${same.join(", ")}`);
}

/** Returns a complaint for each refused package in the lockfile. */
function refusedPackages() {
  const lockfile = readFileSync("pnpm-lock.yaml", "utf8");
  const found = REFUSED.filter((name) => new RegExp(`^  '?${name}@`, "m").test(lockfile));
  return found.map((name) => `${name} is installed: \`pnpm why -r ${name}\` says by which package`);
}

/** Returns the first fault of one package, or undefined if it has no fault. */
function inspect(folder, manifest) {
  const archive = join(out, `${manifest.name.replace(/[@/]/g, "_")}.tgz`);
  const packed = run("pnpm", ["pack", "--out", archive], folder);
  if (packed !== undefined) return packed;
  const listed = spawnSync("tar", ["-tzf", archive], { encoding: "utf8" }).stdout.split("\n");
  const tests = listed.filter((file) => /\.test\./.test(file));
  if (tests.length > 0) return `tests in the archive: ${tests.join(", ")}`;
  const built = listed.filter((file) => /^package\/(dist|bundle)\/.*\.js$/.test(file));
  if (built.length === 0) return "nothing built in the archive: build first";
  const orphans = built.filter(
    (file) =>
      file.startsWith("package/dist/") &&
      !existsSync(join(folder, file.replace(/^package\/dist\/(.*)\.js$/, "src/$1.ts"))),
  );
  if (orphans.length > 0) return `built from sources that are gone, delete dist: ${orphans.join(", ")}`;
  return (
    run("publint", ["run", archive, "--strict"], ".") ??
    (manifest.exports === undefined ? undefined : run("attw", [archive, "--profile", "esm-only"], "."))
  );
}

/** Runs a command. Returns undefined if it succeeds, otherwise its whole output. */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return status === 0 ? undefined : `${command}: ${error?.message ?? ""}${stdout ?? ""}${stderr ?? ""}`;
}
