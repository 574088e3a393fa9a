#!/usr/bin/env node
/**
 * References lead somewhere, and nowhere outside the repository:
 * - `docs/reference/<file>.md#<anchor>`, in any file, names an anchor that exists; so does every link between documents;
 * - anchors of docs/reference are unique, and each is used;
 * - nothing cites documents that readers do not have.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const REFERENCE = "docs/reference/";

/** Documents and trackers outside the repository. A space also matches a line break in a comment. */
const OUTSIDE = [
  /\bep11 facts\b/,
  /\bfacts \d/,
  /\bbehaviou?r \d/,
  /\bspec(?:ification)? decisions?\b/,
  /\bsecurity design\b/,
  /\bissues? #?\d/,
  /\bdone when\b/,
  /\bfaults-20\d\d/,
  /\bshared\/(?!vectors|spec\/\w+\.json)/,
].map((pattern) => new RegExp(pattern.source.replaceAll(" ", "[\\s*/#]+"), "gi"));

/** This file, which contains the patterns. */
const SELF = "scripts/check-references.mjs";

const { stdout } = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
const files = stdout
  .split("\n")
  .filter((file) => /\.(ts|mjs|js|proto|md|yaml)$|(^|\/)Dockerfile$/.test(file) && existsSync(file))
  .filter((file) => file !== SELF && !file.includes("/src/gen/") && !file.endsWith("-lock.yaml"));

const complaints = [];
const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const anchors = new Map(
  [...texts].filter(([file]) => file.endsWith(".md")).map(([file, text]) => [file, anchorsIn(text)]),
);
const used = new Set();

for (const [file, text] of texts) {
  const complain = (at, what) => complaints.push(`${file}:${text.slice(0, at).split("\n").length}: ${what}`);
  for (const pattern of OUTSIDE)
    for (const { index, 0: found } of text.matchAll(pattern))
      complain(index, `"${found.replace(/\s+/g, " ")}" is outside the repository: cite ${REFERENCE}`);
  for (const { index, target } of referencesIn(file, text)) {
    const [document, anchor] = target.split("#");
    used.add(target);
    if (!anchors.has(document)) complain(index, `there is no document ${document}`);
    else if (anchor !== undefined && !anchors.get(document).includes(anchor)) complain(index, `no anchor ${target}`);
  }
}

const own = [...texts].filter(([file]) => file.startsWith(REFERENCE)).flatMap(([file, text]) => explicitIn(file, text));
for (const { file, id } of own) {
  if (own.filter((other) => other.id === id).length > 1) complaints.push(`${file}: anchor ${id} is not unique`);
  if (!used.has(`${file}#${id}`)) complaints.push(`${file}: nothing refers to ${id}`);
}

for (const complaint of complaints) console.error(complaint);
console.error(`${files.length} files, ${own.length} anchors, ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);

/**
 * Yields every `docs/reference/...` in the text and, in documents, every link to a document, as `path#anchor` relative to the
 * root.
 */
function* referencesIn(file, text) {
  for (const { index, 0: found } of text.matchAll(/docs\/reference\/[\w-]+\.md(?:#[\w-]+)?/g))
    yield { index, target: found };
  if (!file.endsWith(".md")) return;
  for (const { index, 1: path, 2: anchor } of text.matchAll(/\]\(([^)#\s:]*\.md)?(#[^)\s]+)?\)/g))
    if (path ?? anchor)
      yield { index, target: (path === undefined ? file : normalize(join(dirname(file), path))) + (anchor ?? "") };
}

/** Returns the anchors of a document: explicit ones, and those that GitHub generates for headings. */
function anchorsIn(text) {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...explicitIn("", text).map(({ id }) => id)];
}

function explicitIn(file, text) {
  return [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => ({ file, id }));
}
