import { randomBytes } from "node:crypto";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "./config/load.ts";
import { openServerLab, program, type ServerLab } from "./testing/server-lab.ts";
import { runProgram } from "./testing/spawned-server.ts";

describe("a value of the wrong form", () => {
  const tls = (setting: string) => `ep11crypto: { connection: { tls: { ${setting} } } }`;
  it.each([
    [tls("mutual: treu"), "ep11crypto.connection.tls.mutual: expected true or false"],
    ["grep11: { keyring: { file: '' } }", "grep11.keyring.file: expected non-empty text"],
    ["ep11crypto: { connection: { port: abc } }", "ep11crypto.connection.port: expected a number"],
    ["ep11crypto: { connection: { port: 98765 } }", "ep11crypto.connection.port: expected at most 65535"],
    ["ep11crypto: { connection: { port: -1 } }", "ep11crypto.connection.port: expected at least 0"],
    ["ep11crypto: { connection: { port: 1.5 } }", "ep11crypto.connection.port: expected a whole number"],
    ["ep11crypto: 7", "ep11crypto: expected keys with values"],
    ["logging: { levels: { entry: loud } }", "logging.levels.entry: expected trace, debug, info, warning,"],
    ["grep11: { processes: many }", "grep11.processes: expected auto or a number"],
    ["grep11: { drain: 10 minutes }", "grep11.drain: expected seconds, or a number with ms, s, m or h"],
    ["grep11: { cors: { allowedOrigins: here } }", "grep11.cors.allowedOrigins: expected a list"],
    ["grep11: { bearer: { tokens: [{ principal: a, sha256: 12 }] } }", "grep11.bearer.tokens.0.sha256: expected text"],
  ])("%s is reported with what was expected", (text, complaint) => {
    expect(() => parseConfig(text, "grep11.yaml", {})).toThrow(`grep11.yaml:1: ${complaint}`);
  });

  it("is not repeated, because it may be a key", () => {
    const misplaced = { keyfilebytes: ["MC4CAQAwBQYDK2VwBCIEIA"] };
    const text = JSON.stringify({ ep11crypto: { connection: { tls: misplaced } } });
    expect(() => parseConfig(text, "grep11.yaml", {})).toThrow(/keyfilebytes: expected text$/m);
  });
});

describe("a server that cannot start", () => {
  let lab: ServerLab;
  let file: (name: string) => string;
  beforeAll(async () => {
    lab = await openServerLab();
    file = (name) => join(lab.directory, name);
    await configure({});
    expect((await program(["keyring", "init", "--config", file("c.yaml")])).code).toBe(0);
  });
  afterAll(() => lab.close());

  async function configure(changes: Record<string, string | undefined>): Promise<void> {
    const keyring = { file: file("k.g11"), keyfile: file("k.key"), ...changes };
    await writeFile(file("c.yaml"), JSON.stringify({ ep11crypto: { connection: { port: 0 } }, grep11: { keyring } }));
  }

  const secret = (name: string, content: Uint8Array) => writeFile(file(name), content, { mode: 0o600 });

  it.each([
    [
      "a key file that is not there",
      2,
      { keyfile: "none.key" },
      /grep11\.keyring\.keyfile: there is no \S+none\.key; /,
    ],
    [
      "a passphrase file that is not there",
      2,
      { keyfile: undefined, passphrasefile: "none" },
      /grep11\.keyring\.passphrasefile: there is no \S+none; /,
    ],
    ["a key of 31 bytes", 2, { keyfile: "short.key" }, /short\.key: refused, it has 31 bytes .* 32; name the right/],
    [
      "another key",
      3,
      { keyfile: "other.key" },
      /CKR_IBM_BLOB_ERROR: \S+k\.g11: .*; check the key or passphrase that opens it/,
    ],
    ["half a file", 3, { file: "half.g11" }, /CKR_IBM_BLOB_ERROR: \S+half\.g11: .*restore/],
    [
      "a passphrase instead of the key",
      3,
      { keyfile: undefined, passphrasefile: "k.key" },
      /CKR_ARGUMENTS_BAD: \S+k\.g11: this keyring is sealed with a key, not with a passphrase; check/,
    ],
  ])("because of %s, names the file and the remedy", async (_, code, names, message) => {
    await secret("short.key", randomBytes(31));
    await secret("other.key", randomBytes(32));
    await secret("half.g11", (await readFile(file("k.g11"))).subarray(0, 100));
    await configure(Object.fromEntries(Object.entries(names).map(([key, name]) => [key, name && file(name)])));
    for (const args of [["keyring", "show"], []]) {
      const { code: found, stderr } = await program([...args, "--config", file("c.yaml")]);
      expect(stderr).toMatch(message);
      expect(found).toBe(code);
    }
  });

  it("because there is no keyring, explains how to create it", async () => {
    const { code, stderr } = await program(["keyring", "show", "--data-dir", file("nowhere")]);
    expect(stderr).toMatch(/there is no \S+keyring\.g11; create it with grep11-server keyring init/);
    expect(code).toBe(2);
  });

  it("because the ready file cannot be written, ends", async () => {
    await configure({});
    const path = file("absent/ready");
    const { code, stderr } = await runProgram(["--config", file("c.yaml"), "--ready-file", path]);
    expect(stderr).toContain(`--ready-file: there is no ${file("absent")}; make the directory`);
    expect(code).toBe(2);
    await expect(access(path)).rejects.toThrow();
  }, 20_000);
});
