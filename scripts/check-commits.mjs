#!/usr/bin/env node
/**
 * Subjects of commits have at most 72 characters, so that lists of commits show them whole. Commits from before the rule are not
 * looked at; a shallow clone, or no clone at all, shows as many as it has.
 */
import { spawnSync } from "node:child_process";

const LIMIT = 72;
/** The last commit before the rule. */
const BEFORE = "9eeba2b329f6d3123674c04a41769c21d56a3d6e";

const known = git("cat-file", "-e", `${BEFORE}^{commit}`).status === 0;
const range = known ? [`${BEFORE}..HEAD`] : ["--max-count=1", "HEAD"];
const commits =
  git("log", "--no-merges", "--format=%h %s", ...range)
    .stdout?.split("\n")
    .filter(Boolean) ?? [];
const complaints = commits
  .map((line) => ({ hash: line.split(" ", 1)[0], subject: line.slice(line.indexOf(" ") + 1) }))
  .filter(({ subject }) => subject.length > LIMIT)
  .map(({ hash, subject }) => `${hash}: ${subject.length} characters, at most ${LIMIT}: ${subject}`);

for (const complaint of complaints) console.error(complaint);
console.error(`${commits.length} commits, ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);

function git(...args) {
  return spawnSync("git", args, { encoding: "utf8" });
}
