#!/usr/bin/env node
/**
 * Checks rules for source files that the linter does not have:
 * - A file of more than 400 lines says why in the comment at its head, with the words "long because".
 * - A folder has at most 30 files, not counting those in sub-folders.
 * - No file is called utils, helpers or common.
 * - Constants and types of @grep11/cryptoki are imported as `ck`, so that every file writes them in the same way.
 * - There is no unfinished work, no disabled check, and no path of a developer's own machine.
 * Generated sources (src/gen) and data are exempt.
 */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { report, trackedFiles } from "./tracked-files.mjs";

const LIMIT = 400;
const HEAD_LINES = 15;
const FILES_IN_A_FOLDER = 30;

/** Patterns of forbidden text, with the complaint about each. The patterns are written so that they do not match this file. */
const FORBIDDEN_TEXT = [
  [/\b(TO[D]O|FIX[M]E|XX[X])\b/, "unfinished work belongs in an issue"],
  [/not implem[e]nted/i, "unfinished work belongs in an issue"],
  [/@ts-(ign[o]re|expect-err[o]r|noch[e]ck)/, "the type checker stays on"],
  [/(^|["'`\s(])\/(work|home|root|Users)\/\w/, "a path of somebody's machine"],
];

/** Matches an import of cryptoki other than `import * as ck`. */
const CRYPTOKI_BY_NAME = /^import (?!(type )?\* as ck from)[^;]*? from "@grep11\/cryptoki";$/m;

const files = trackedFiles(/\.(ts|mjs|js|proto|css|html)$/).filter((file) => !file.includes("/src/gen/"));

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

report(`${files.length} files`, complaints);
