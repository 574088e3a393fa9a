#!/usr/bin/env node
/**
 * Checks that the subjects of commits have at most 72 characters, so that lists of commits show them in full. Commits from before
 * this rule are ignored. A shallow clone is checked as far back as it goes; without a clone nothing is checked.
 */
import { spawnSync } from "node:child_process";

const LIMIT = 72;
/** The last commit that is not checked. */
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
