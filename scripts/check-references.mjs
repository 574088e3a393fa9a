#!/usr/bin/env node
/**
 * Checks references:
 * - `docs/reference/<file>.md#<anchor>`, in any file, names an anchor that exists; so does every link between documents.
 * - Every anchor of docs/reference is unique and is used.
 * - No file cites documents that readers of the repository do not have.
 */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { report, trackedFiles } from "./tracked-files.mjs";

const REFERENCE = "docs/reference/";

/** Matches references to documents and issue trackers outside the repository. A space also matches a line break in a comment. */
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

/** This file is skipped, because it contains the patterns. */
const SELF = "scripts/check-references.mjs";

const files = trackedFiles(/\.(ts|mjs|js|proto|md|yaml)$|(^|\/)Dockerfile$/).filter(
  (file) => file !== SELF && !file.includes("/src/gen/") && !file.endsWith("-lock.yaml"),
);

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

report(`${files.length} files, ${own.length} anchors`, complaints);

/**
 * Yields every `docs/reference/...` in the text, as `path#anchor` relative to the root. In documents it also yields every link to
 * a document.
 */
function* referencesIn(file, text) {
  for (const { index, 0: found } of text.matchAll(/docs\/reference\/[\w-]+\.md(?:#[\w-]+)?/g))
    yield { index, target: found };
  if (!file.endsWith(".md")) return;
  for (const { index, 1: path, 2: anchor } of text.matchAll(/\]\(([^)#\s:]*\.md)?(#[^)\s]+)?\)/g))
    if (path ?? anchor)
      yield { index, target: (path === undefined ? file : normalize(join(dirname(file), path))) + (anchor ?? "") };
}

/** Returns the anchors of a document: explicit anchors, and those that GitHub generates for headings. */
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
