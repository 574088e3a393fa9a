#!/usr/bin/env node
/**
 * Rules for source files that the linter does not have:
 * - a file over 400 lines says why in the comment at its head, with the words "long because";
 * - a folder has at most 30 files, sub-folders aside;
 * - no file is called utils, helpers or common;
 * - constants and types of @grep11/cryptoki are imported as `ck`, so that every file writes them alike;
 * - no unfinished work, no switched-off checks, no paths of somebody's machine.
 * Generated sources (src/gen) and data are exempt.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

const LIMIT = 400;
const HEAD_LINES = 15;
const FILES_IN_A_FOLDER = 30;

/** Patterns of forbidden text, with the complaint about each. They are written so that this file does not match itself. */
const FORBIDDEN_TEXT = [
  [/\b(TO[D]O|FIX[M]E|XX[X])\b/, "unfinished work belongs in an issue"],
  [/not implem[e]nted/i, "unfinished work belongs in an issue"],
  [/@ts-(ign[o]re|expect-err[o]r|noch[e]ck)/, "the type checker stays on"],
  [/(^|["'`\s(])\/(work|home|root|Users)\/\w/, "a path of somebody's machine"],
];

/** Matches an import of cryptoki other than `import * as ck`. */
const CRYPTOKI_BY_NAME = /^import (?!(type )?\* as ck from)[^;]*? from "@grep11\/cryptoki";$/m;

const { stdout } = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
const files = stdout
  .split("\n")
  .filter((file) => /\.(ts|mjs|js|proto|css|html)$/.test(file) && !file.includes("/src/gen/") && existsSync(file));

const complaints = [];
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const lines = text.trimEnd().split("\n");
  if (lines.length > LIMIT && !lines.slice(0, HEAD_LINES).some((line) => /long because/i.test(line)))
    complaints.push(`${file}: ${lines.length} lines; over ${LIMIT} must say at its head why it is "long because ..."`);
  if (/^(utils?|helpers?|common|misc)\.\w+$/.test(basename(file))) complaints.push(`${file}: a meaningless name`);
  if (file.endsWith(".ts") && CRYPTOKI_BY_NAME.test(text))
    complaints.push(`${file}: @grep11/cryptoki: write import * as ck from "@grep11/cryptoki"`);
  lines.forEach((line, index) => {
    for (const [pattern, why] of FORBIDDEN_TEXT)
      if (pattern.test(line)) complaints.push(`${file}:${index + 1}: ${why}: ${line.trim().slice(0, 80)}`);
  });
}
for (const [folder, { length }] of Object.entries(Object.groupBy(files, dirname)))
  if (length > FILES_IN_A_FOLDER)
    complaints.push(`${folder}: ${length} files; over ${FILES_IN_A_FOLDER} needs sub-folders`);
if (files.length === 0) complaints.push("git listed no source file");

for (const complaint of complaints) console.error(complaint);
console.error(`${files.length} files, ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);
