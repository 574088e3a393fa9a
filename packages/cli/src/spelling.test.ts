/** Tests variants of the command line: options before the command, alternative names, and typing errors. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completionScript } from "@grep11/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseKeySpec } from "./keys/key-spec.ts";
import { PROGRAM } from "./program.ts";
import { openLab } from "./testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

describe("options", () => {
  it("may come before the command", async () => {
    const { stdout } = await lab.ok("mech list --json");
    const { address } = lab;
    for (const line of [
      "--json mech list",
      `--address ${address} mech list --json`,
      `--json --address=${address} mech list`,
    ]) {
      const env = line.includes("--address") ? { GREP11_ADDRESS: "127.0.0.1:1" } : {};
      expect((await lab.ok(line, { env })).stdout, line).toBe(stdout);
    }
  });

  it("show the version", async () => {
    const { stdout } = await lab.ok("--version");
    expect((await lab.ok("-V")).stdout).toBe(stdout);
  });
});

it.each([
  ["encyrpt --key x", "encyrpt is not a command; did you mean encrypt?"],
  ["key imprt --in x", "key imprt is not a command; did you mean key import?"],
  ["keygen", "keygen is not a command; did you mean key gen?"],
  ["mech lst", "mech lst is not a command; did you mean mech list?"],
  ["benhc", "benhc is not a command; did you mean bench?"],
  ["help encyrpt", "no help on encyrpt; did you mean encrypt?"],
  ["encrypt --kye x", "Unknown option '--kye'; did you mean --key?"],
  ["--jsno mech list", "Unknown option '--jsno'; did you mean --json?"],
  ["mech list --adress x", "Unknown option '--adress'; did you mean --address?"],
  ["random 4 --encoding hxe", "--encoding is raw or hex or base64; did you mean hex?"],
  ["digest --mech SHA265", "SHA265 is not a mechanism; did you mean SHA256?"],
  ["digest --mech CKM_SHA265", "CKM_SHA265 is not a mechanism; did you mean CKM_SHA256?"],
  ["key gen --type ase:256 --out x", "ase:256 is not a key type; did you mean aes:256?"],
  ["key pair --type ed22519 --out x", "ed22519 is not a key type; did you mean ed25519?"],
  ["key pair --type ec:secp265k1 --out x", "secp265k1 is not a curve; did you mean secp256k1?"],
  ["key gen --attr CKA_ENCYRPT=true --out x", "CKA_ENCYRPT is not an attribute; did you mean CKA_ENCRYPT?"],
])("grep11 %s", async (line, reason) => {
  const { code, stderr } = await lab.grep11(line);
  expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
});

describe("--type", () => {
  it.each<[string, string]>([
    ...[
      "ec:P-256",
      "ec:p-256",
      "ec:p256",
      "ec:P256",
      "EC:prime256v1",
      "ec:secp256r1",
      "ec:nistp256",
      "ec:NIST-P-256",
      "p256",
      "P-256",
      "prime256v1",
    ].map((text): [string, string] => [text, "P-256"]),
    ["ec:secp384r1", "P-384"],
    ["ec:p521", "P-521"],
    ["ec:prime192v1", "P-192"],
    ["secp224r1", "P-224"],
    ["SECP256K1", "secp256k1"],
    ["ec:brainpoolp256r1", "brainpoolP256r1"],
    ["ec:BP-256R", "brainpoolP256r1"],
    ["ec:BP-512T", "brainpoolP512t1"],
    ["Ed25519", "Ed25519"],
    ["ec:ed25519", "Ed25519"],
    ["X25519", "X25519"],
    ["BLS", "BLS12-381"],
  ])("%s is the curve %s", (text, curve) => {
    expect(parseKeySpec(text)).toEqual({ type: "ec", curve });
  });

  it("ignores case", () => {
    expect(parseKeySpec("AES:256")).toEqual({ type: "aes", bits: 256 });
    expect(parseKeySpec("ML-DSA:65")).toEqual({ type: "ml-dsa", set: "ml-dsa-65" });
  });

  it.each(["ec:secp256", "ec:prime256k1", "ec:p255", "256"])("refuses %s", (text) => {
    expect(() => parseKeySpec(text)).toThrow(/is not a (curve|key type)/);
  });
});

describe.skipIf(spawnSync("bash", ["--version"]).error !== undefined)("bash", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "grep11-completion-"));
    writeFileSync(join(folder, "grep11.bash"), completionScript(PROGRAM, ["bash"]));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<[string[], string[]]>([
    [
      ["key", "gen", "--type", "aes-"],
      ["aes-xts:512", "aes-xts:256"],
    ],
    [["key", "gen", "--type", "aes", ":", "2"], ["256"]],
    [
      ["key", "pair", "--type", "ed"],
      ["ed25519", "ed448"],
    ],
    [
      ["key", "pair", "--type", "ec", ":", "P-2"],
      ["P-224", "P-256"],
    ],
    [
      ["encrypt", "--mech", "AES_CBC_"],
      ["AES_CBC_PAD", "AES_CBC_ENCRYPT_DATA"],
    ],
    [
      ["encrypt", "--mech", "AES_GCM", ":"],
      ["iv=", "aad=", "tag="],
    ],
    [["encrypt", "--mech", "=", "AES_GCM", ":", "a"], ["aad="]],
    [["encrypt", "--mech", "AES_GCM", ":", "iv", "=", "00,t"], ["00,tag="]],
    [["encrypt", "--mech", "AES_GCM", ":", "iv", "=", "0"], []],
    [
      ["key", "gen", "--mech", ""],
      ["PKCS5_PBKD2", "PBE_SHA1_DES3_EDE_CBC"],
    ],
    [["key", "gen", "--usage", "w"], ["wrap"]],
    [
      ["--json", "mech", ""],
      ["list", "info"],
    ],
    [["--address", "http", ":", "//hsm", ":", "9876", "--json", "mech", "l"], ["list"]],
    [
      ["mech", "info", "ECDSA_SHA3_2"],
      ["ECDSA_SHA3_224", "ECDSA_SHA3_256"],
    ],
  ])("completes %j", (args, offered) => {
    const code = 'source "$0"; COMP_WORDS=(grep11 "$@"); COMP_CWORD=$#; _grep11; printf "%s\\n" "$' + '{COMPREPLY[@]}"';
    const { stdout, stderr } = spawnSync("bash", ["-c", code, join(folder, "grep11.bash"), ...args], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.split("\n").filter(Boolean)).toEqual(offered);
  });
});
