#!/usr/bin/env node
/**
 * Checks that the subjects of commits have at most 72 characters, so that lists of commits show them in full. In a shallow clone,
 * only the commits that it has are checked. Without git history, nothing is checked.
 */
import { spawnSync } from "node:child_process";
import { report } from "./tracked-files.mjs";

const LIMIT = 72;
/** This commit and those before it are older than the rule, and are not checked. */
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

report(`${commits.length} commits`, complaints);

function git(...args) {
  return spawnSync("git", args, { encoding: "utf8" });
}
