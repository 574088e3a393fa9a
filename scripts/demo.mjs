#!/usr/bin/env node
/**
 * The guided tour. It shows the main features on a developer server, with the real command line over real gRPC. Every step
 * explains in one line what happens and why, shows the command, runs it, and checks the result. The exit code is 0 if all results
 * are as expected.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDeveloperServer } from "./developer-server.mjs";

/** The exit code of the shell for a command that does not exist. */
const NO_SUCH_COMMAND = 127;
const PATIENCE_MS = 10_000;

const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text) => (colour ? `\x1b[2m${text}\x1b[0m` : text);

const server = await startDeveloperServer();
let steps = 0;
console.log(bold("grep11: IBM's Enterprise PKCS #11 over gRPC, on a software HSM."));
console.log(`A developer server is listening on ${server.report.grpc}; ${dim("software, not for production keys")}`);
try {
  await tour();
} finally {
  await server.stop();
}
console.log(
  `\n${bold(`${steps} steps, all as expected.`)} Put the programs on your PATH: export PATH="$PWD/node_modules/.bin:$PATH"\n` +
    "Your own server: grep11-server --dev, and in another terminal: grep11 --help",
);

async function tour() {
  file("letter.txt", "Meet me at noon.\n");

  say("Ask the HSM what it can do.");
  run("grep11 mech info AES_CBC_PAD ECDSA_SHA256");

  say("Make an AES key. Its value never leaves the HSM: the file holds it sealed under the HSM's master key.");
  run("grep11 key gen --type aes:256 --out data.key");
  run("grep11 key info --key data.key");

  say(
    "Encrypt a file. It streams: Init, Update for every part, Final; the state of the operation travels with the calls.",
  );
  run("grep11 encrypt --key data.key --in letter.txt --out letter.enc");
  say("The server stores nothing, so it may restart at any time. We restart it now.");
  await server.restart();
  console.log(dim("  restarted"));
  run("grep11 decrypt --key data.key --in letter.enc", { prints: "Meet me at noon." });

  say("Make a key pair on P-256, sign, and verify.");
  run("grep11 key pair --type ec:P-256 --out signing.key");
  run("grep11 sign --key signing.key --in letter.txt --out letter.sig");
  run("grep11 verify --key signing.key --signature letter.sig --in letter.txt");
  say("A changed letter does not verify: CKR_SIGNATURE_INVALID, exit code 4.");
  file("forged.txt", "Meet me at nine.\n");
  run("grep11 verify --key signing.key --signature letter.sig --in forged.txt", { exit: 4 });
  say("Others need no HSM to verify: the public key is a standard PEM, the signature can be standard DER.");
  run("grep11 key export --key signing.key --public --out signing.pem");
  run("grep11 sign --key signing.key --der --in letter.txt --out letter.der");
  run("openssl dgst -sha256 -verify signing.pem -signature letter.der letter.txt", { optional: true, prints: "OK" });

  say(
    "The rights of a key are sealed into it. A key that is not extractable cannot leave: CKR_KEY_UNEXTRACTABLE, exit code 3.",
  );
  run("grep11 key gen --type aes:256 --usage wrap,unwrap --out kek.key");
  run("grep11 wrap --key data.key --kek kek.key --out data.wrapped", { exit: 3 });
  say("An extractable key travels under another key, and is imported with the rights you list.");
  run("grep11 key gen --type aes:256 --extractable --out travel.key");
  run("grep11 wrap --key travel.key --kek kek.key --out travel.wrapped");
  run("grep11 unwrap --in travel.wrapped --kek kek.key --type aes --usage encrypt,decrypt --out arrived.key");
  run("grep11 encrypt --key travel.key --in letter.txt --out travel.enc");
  run("grep11 decrypt --key arrived.key --in travel.enc", { prints: "Meet me at noon." });

  say("The same over TLS with an IAM token, as IBM's cloud clients do.");
  const { tls, ca, iam } = server.report;
  file("apikey", "any\n");
  run(`grep11 random 16 --encoding hex --address ${tls} --ca-cert ${ca} --apikey-file apikey --iam-endpoint ${iam}`, {
    prints: /^[0-9a-f]{32}$/m,
  });

  say("Rotate the master key while the server runs: load a new one, commit it, re-seal the key files, activate.");
  const keyring = `--data-dir ${server.dataDir}`;
  const { next } = JSON.parse(run(`grep11-server keyring generate-next --json ${keyring}`));
  run(`grep11-server keyring commit --pattern ${next} ${keyring}`);
  run("grep11 rewrap --in-place data.key", { patiently: true });
  run(`grep11-server keyring activate ${keyring}`);
  run(`grep11-server keyring finalise ${keyring}`);
  run("grep11 decrypt --key data.key --in letter.enc", { patiently: true, prints: "Meet me at noon." });
  say("Keys that were not re-sealed are lost with the old master key: CKR_IBM_WKID_MISMATCH.");
  run("grep11 sign --key signing.key --in letter.txt --out lost.sig", { patiently: true, exit: 3 });
}

function say(line) {
  steps++;
  console.log(`\n${bold(`${steps}. ${line}`)}`);
}

function file(name, content) {
  writeFileSync(join(server.folder, name), content);
}

/**
 * Shows and runs a command in the tour's folder, and returns its output. The tour ends if the exit code is not `exit` or the
 * output does not contain `prints`. `patiently` repeats the command for up to ten seconds, because a running server checks its
 * keyring only once a second. `optional` skips a command that is not installed.
 */
function run(command, { exit = 0, prints = "", optional = false, patiently = false } = {}) {
  console.log(`  $ ${command.replaceAll(server.folder, "$TOUR")}`);
  const deadline = Date.now() + PATIENCE_MS;
  let result = execute(command);
  while (patiently && result.status !== exit && Date.now() < deadline) result = execute(command);
  const { status, stdout, stderr } = result;
  if (optional && status === NO_SUCH_COMMAND) return "";
  for (const line of `${stdout}${stderr}`.split("\n")) if (line !== "") console.log(dim(`    ${line}`));
  const printed = prints instanceof RegExp ? prints.test(stdout) : stdout.includes(prints);
  if (status === exit && printed) return stdout;
  throw new Error(`expected exit code ${exit} and "${prints}", got ${status}`);
}

function execute(command) {
  const env = { ...process.env, ...server.environment, NO_COLOR: "1" };
  return spawnSync("sh", ["-c", command], { cwd: server.folder, env, encoding: "utf8" });
}
