#!/usr/bin/env node
/**
 * Comments, documents and messages are written in plain English: this finds wording that native readers stumble over, as
 * `file:line: phrase: what to write instead`.
 *
 *   node scripts/check-language.mjs [--count] [path...]      default: the whole tree
 *
 * `--count` prints how often each phrase occurs, and how many there are in each folder. Generated documents are left out: their sources are
 * checked.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { proseOf } from "./source-prose.mjs";

/** [what native readers stumble over, what to write instead]. A space matches any white space, line breaks of comments too. */
const PHRASES = [
  [/(?<!\bthere )\b(is|are|was|were|am) none\b(?! of\b)/, 'say what is missing: "is not a key", "is malformed"'],
  [
    /(?<!\b(?:there|is|are) )\b(is|are) no (?!longer\b|more\b|less\b|worse\b|\w+er\b|one\b|need\b)/,
    "is not a ..., is not ...",
  ],
  [/(?<!\b(?:known|DNS|published)[ -])\banswer(s|ed|ing)?\b/, "return, response, respond"],
  [
    /(?<!\b(?:leave|leaves|left|leaving)\b[^.]{0,40})\bbehind\b(?! (?:[\w']+ ){0,2}(?:~|proxy|proxies|balancers?|codec|gRPC|transport|p11-kit|firewall|NAT|listener))/,
    "after, following; backed by",
  ],
  [/\bstands?\b(?! (?:for|out|alone|in for|still)\b|-in\b|-alone\b)/, "is"],
  [/\bstood\b/, "was"],
  [/\bcipher texts?\b/, "ciphertext"],
  [/\b(?:plain|clear) texts?\b/, "plaintext"],
  [/\bcheck sums?\b/, "checksum, CheckSum"],
  [/\bkin\b/, "and similar, and the like"],
  [/\bstrangers?\b/, "unauthenticated caller, client or connection"],
  [
    /\b(?:every|each|any|this|other) room\b(?! for| to)|\brooms\b|\ba room (?:asks|may|can)\b/,
    "package, module, folder",
  ],
  [/\b(?:he|him|his)\b/, "they, the caller, the operator"],
  [/\bof (?:its|their|one's) own making\b/, "chosen by ..."],
  [/\b(?:with|without) a word\b|\bin words\b|\bno word of\b|\bCK_ words?\b|\blast word\b/, "name, term, message"],
  [/\b(?:anew|afresh)\b/, "again"],
  [/\b(?:short|fast|natural) way\b/, "fast path"],
  [/\bthe (?:same )?way (?:of|back|in)\b/, "path, how ..., back"],
  [/\blets? go\b/, "release, clear"],
  [/\b(?:is|are|was|were|be|been) let in\b/, "admitted"],
  [/\btwins?\b/, "duplicate, counterpart, the other half"],
  [/\bmend(?:s|ed|ing)?\b/, "fix, remedy"],
  [/\bdoors?\b/, "entry point, hook"],
  [/\bIAM double\b/, "fake IAM"],
  [/\bcrypt(?:s|ed|ing)?\b/, "encrypt or decrypt"],
  [/\b(?:says?|tells?) of\b/, "says about"],
  [/\b(?:so|as|and|for|of) who (?:has|is|only|wants|may|can)\b/, "whoever, callers that ..."],
  [/(?<=[.;:] )Who (?:wants|needs|adds|has|can|may|asks|knows)\b(?![^.]*\?)/, "anyone who ..., callers that ..."],
  [/\bmay not even\b/, "cannot even"],
  [/\bno(?:body|ne) else's\b/, "no other ..."],
];

/** Uses that are right: [file, text around the phrase]. Each needs its reason in a comment, and must still occur. */
const ALLOWED = [];

/** Documents that are generated, and text that others wrote. */
const SKIPPED =
  /\/src\/gen\/|^docs\/(MECHANISMS|cli|configuration|grep11-server|policy-model)\.md$|CHANGELOG\.md$|^LICENSE$|-lock\.yaml$/;

/** This file, which contains the phrases. */
const SELF = "scripts/check-language.mjs";

const patterns = PHRASES.map(([pattern, instead]) => ({
  pattern: new RegExp(pattern.source.replaceAll(" ", "\\s+"), "gi"),
  instead,
}));

const counting = process.argv.includes("--count");
const paths = process.argv.slice(2).filter((argument) => argument !== "--count");
const { stdout } = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...paths], {
  encoding: "utf8",
});
const files = [...new Set(stdout.split("\n"))].filter(
  (file) =>
    /\.(ts|mjs|js|proto|md|yaml)$|(^|\/)Dockerfile$/.test(file) &&
    !SKIPPED.test(file) &&
    file !== SELF &&
    existsSync(file),
);

const used = new Set();
const complaints = files.flatMap((file) => complaintsIn(file, readFileSync(file, "utf8")));
if (paths.length === 0)
  for (const entry of ALLOWED.filter((each) => !used.has(each)))
    complaints.push({
      where: SELF,
      folder: "scripts",
      text: entry[1],
      instead: "occurs no longer: drop it from ALLOWED",
    });

if (counting) printCounts();
else for (const { where, text, instead } of complaints) console.error(`${where}: "${text}": ${instead}`);
console.error(`${files.length} files, ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);

function complaintsIn(file, text) {
  const found = [];
  for (const passage of proseOf(file, text))
    for (const { pattern, instead } of patterns)
      for (const match of passage.text.matchAll(pattern)) {
        const at = passage.offset + match.index;
        if (isAllowed(file, text, at)) continue;
        const line = text.slice(0, at).split("\n").length;
        const folder = file.split("/").slice(0, 2).join("/");
        found.push({ where: `${file}:${line}`, folder, text: match[0].replace(/\s+/g, " ").toLowerCase(), instead });
      }
  return found;
}

function isAllowed(file, text, at) {
  const entry = ALLOWED.find(([where, around]) => where === file && text.slice(at - 80, at + 80).includes(around));
  if (entry !== undefined) used.add(entry);
  return entry !== undefined;
}

function printCounts() {
  for (const key of ["folder", "text"]) {
    const counts = Object.entries(Object.groupBy(complaints, (complaint) => complaint[key]));
    for (const [name, { length }] of counts.sort(([, a], [, b]) => b.length - a.length))
      console.log(`${String(length).padStart(6)}  ${name}`);
    console.log();
  }
}
