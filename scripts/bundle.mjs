#!/usr/bin/env node
/**
 * Bundles a program, the packages it imports and their dependencies into the folder `bundle`, which Node loads in a third of the
 * time that the hundreds of separate modules take. Run it in the folder of the package, after tsc:
 *   node ../../scripts/bundle.mjs dist/main.js [other entry files, such as those of worker threads]
 * Native packages are not bundled: the package must list them as its dependencies. `bundle/LICENSES.txt` has the licences of
 * everything that was bundled.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

const NATIVE = ["koffi"];
const OUT = "bundle";

rmSync(OUT, { recursive: true, force: true });
const bundle = await rolldown({ input: process.argv.slice(2), platform: "node", external: NATIVE });
const { output } = await bundle.write({ dir: OUT, format: "esm", chunkFileNames: "[name]-[hash].js" });
chmodSync(join(OUT, "main.js"), 0o755);

const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
const packages = new Set(modules.filter((path) => path.includes("node_modules")).map(packageOf));
writeFileSync(join(OUT, "LICENSES.txt"), [...packages].sort().map(licenceOf).join("\n\n"));

/** Returns the folder of the package that contains the module. */
function packageOf(module) {
  let folder = dirname(module);
  while (!isPackage(folder)) folder = dirname(folder);
  return folder;
}

/** Folders inside a package may have a package.json without a name, which only sets the module format. */
function isPackage(folder) {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version !== undefined;
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${version}: ${license}\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8")}`;
}
