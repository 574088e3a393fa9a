#!/usr/bin/env node
/**
 * Comments, documents and messages are written in plain English. This script finds wording that native readers stumble over, and
 * prints `file:line: phrase: what to write instead`. It skips generated documents, because their sources are checked.
 *
 *   node scripts/check-language.mjs [path...]      default: the whole tree
 */
import { readFileSync } from "node:fs";
import { proseOf } from "./source-prose.mjs";
import { report, trackedFiles } from "./tracked-files.mjs";

/** Pairs of a pattern and what to write instead. A space in a pattern also matches a line break inside a comment. */
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

/** Matches generated documents and texts by other authors, which are skipped. */
const SKIPPED =
  /\/src\/gen\/|^docs\/(MECHANISMS|cli|configuration|grep11-server|policy-model)\.md$|CHANGELOG\.md$|^LICENSE$|-lock\.yaml$/;

/** This file is skipped, because it contains the phrases. */
const SELF = "scripts/check-language.mjs";

const patterns = PHRASES.map(([pattern, instead]) => ({
  pattern: new RegExp(pattern.source.replaceAll(" ", "\\s+"), "gi"),
  instead,
}));

const files = trackedFiles(/\.(ts|mjs|js|proto|md|yaml)$|(^|\/)Dockerfile$/, process.argv.slice(2)).filter(
  (file) => !SKIPPED.test(file) && file !== SELF,
);
report(`${files.length} files`, files.flatMap(complaintsIn));

function complaintsIn(file) {
  const text = readFileSync(file, "utf8");
  const found = [];
  for (const passage of proseOf(file, text))
    for (const { pattern, instead } of patterns)
      for (const match of passage.text.matchAll(pattern)) {
        const line = text.slice(0, passage.offset + match.index).split("\n").length;
        found.push(`${file}:${line}: "${match[0].replace(/\s+/g, " ").toLowerCase()}": ${instead}`);
      }
  return found;
}
