import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGrep11Client, mechanism, template } from "@grep11/client";
import { createGrpcTransport, type GrpcTransport, iamTokenSource } from "@grep11/client/node";
import {
  CKM_AES_KEY_GEN,
  CKM_DSA,
  CKM_RSA_PKCS,
  CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_RSA_PKCS_PSS,
  CKR_DEVICE_MEMORY,
  CKR_IBM_GREP11_NOT_AUTHENTICATED,
  CKR_IBM_TRANSPORT_LIMIT,
  CKR_IBM_WK_NOT_INITIALIZED,
  CKR_IBM_WKID_MISMATCH,
  CKR_PIN_LEN_RANGE,
  type CkError,
  type Ep11,
} from "@grep11/cryptoki";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { issueCertificate, openAuthority } from "./certificates/authority.ts";
import { run } from "./program.ts";
import {
  devArguments,
  type FinishedProgram,
  runProgram,
  type SpawnedServer,
  spawnServer,
} from "./testing/spawned-server.ts";

let directory: string;
let servers: SpawnedServer[];
let transports: GrpcTransport[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grep11-server-"));
  servers = [];
  transports = [];
});
afterEach(async () => {
  for (const transport of transports) transport.close();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(directory, { recursive: true });
});

async function spawned(args: readonly string[], environment?: Record<string, string>): Promise<SpawnedServer> {
  const server = await spawnServer(directory, args, environment);
  servers.push(server);
  return server;
}

function client(options: Parameters<typeof createGrpcTransport>[0]): Ep11 {
  const transport = createGrpcTransport(options);
  transports.push(transport);
  return createGrep11Client(transport);
}

/** The CK_RV a call fails with. */
async function failure(call: Promise<unknown>): Promise<number> {
  return call.then(
    () => expect.fail("the call succeeded"),
    (error: CkError) => error.rv,
  );
}

/** Run a command that ends by itself, in this process. */
async function program(argv: readonly string[]): Promise<FinishedProgram> {
  const said = { stdout: "", stderr: "" };
  const code = await run(argv, {
    environment: {},
    out: (line) => {
      said.stdout += `${line}\n`;
    },
    say: (line) => {
      said.stderr += `${line}\n`;
    },
  });
  return { code, ...said };
}

const PLAIN = Buffer.from("attack at dawn");
const iv = randomBytes(16);

async function aesKey(ep11: Ep11): Promise<Uint8Array> {
  const { key } = await ep11.generateKey({
    mech: { mechanism: CKM_AES_KEY_GEN },
    template: template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true, CKA_DECRYPT: true }),
  });
  return key.keyBlobs[0] as Uint8Array;
}

async function encrypt(ep11: Ep11, key: Uint8Array): Promise<Uint8Array> {
  return (await ep11.encryptSingle({ mech: mechanism.aesCbcPad(iv), plain: PLAIN, key: key })).ciphered;
}

async function decrypt(ep11: Ep11, key: Uint8Array, ciphered: Uint8Array): Promise<Buffer> {
  return Buffer.from((await ep11.decryptSingle({ mech: mechanism.aesCbcPad(iv), ciphered, key: key })).plain);
}

describe("grep11-server --dev", () => {
  it("says where it answers, and loudly that it is software", async () => {
    const server = await spawned(devArguments(directory));
    expect(server.report).toMatchObject({
      pid: expect.any(Number),
      grpc: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      tls: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      iam: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(await readFile(server.report.ca as string, "utf8")).toContain("BEGIN CERTIFICATE");
    expect(server.stderr()).toContain("NOT FOR PRODUCTION KEYS");
  });

  it("serves without credentials on the plain port, with tokens of its IAM double over TLS", async () => {
    const { report } = await spawned(devArguments(directory));
    const open = client({ address: report.grpc as string });
    expect((await open.getMechanismList({})).mechs[0]).toBe(CKM_RSA_PKCS);

    const tls = { ca: await readFile(report.ca as string) };
    const address = report.tls as string;
    expect(await failure(client({ address, tls }).getMechanismList({}))).toBe(CKR_IBM_GREP11_NOT_AUTHENTICATED);
    expect(await failure(client({ address, tls, auth: "invented" }).getMechanismList({}))).toBe(
      CKR_IBM_GREP11_NOT_AUTHENTICATED,
    );
    const auth = iamTokenSource({ apikey: "any", endpoint: report.iam as string });
    expect((await client({ address, tls, auth }).getMechanismList({})).mechs[0]).toBe(CKM_RSA_PKCS);
  });

  it("keeps keys and certificates over a restart, and ends with 0 on SIGTERM", async () => {
    const first = await spawned(devArguments(directory));
    const ep11 = client({ address: first.report.grpc as string });
    const key = await aesKey(ep11);
    const ciphered = await encrypt(ep11, key);
    const ca = await readFile(first.report.ca as string, "utf8");
    expect(await first.stop()).toBe(0);

    const second = await spawned(devArguments(directory));
    expect(await decrypt(client({ address: second.report.grpc as string }), key, ciphered)).toEqual(PLAIN);
    expect(await readFile(second.report.ca as string, "utf8")).toBe(ca);
  });

  it("keeps its secrets in files of their owner only", async () => {
    await spawned(devArguments(directory));
    for (const file of ["keyring.g11", "keyring.key", "tls/ca.key", "tls/server.key"])
      expect((await stat(join(directory, "data", file))).mode & 0o777).toBe(0o600);
    await chmod(join(directory, "data", "keyring.key"), 0o644);
    const refused = await runProgram(devArguments(directory));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("keyring.key");
  });

  it("ends with a word when a port is taken, whichever it is", async () => {
    const { report } = await spawned(devArguments(directory));
    const taken = { "--port": report.grpc, "--tls-port": report.tls, "--iam-port": report.iam };
    for (const [option, address] of Object.entries(taken)) {
      const port = address?.split(":").at(-1) as string;
      const refused = await runProgram([...devArguments(directory), option, port]);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${port} is in use`) });
    }
  });

  it("logs a failed call by its CKR name, and nothing that was sent", async () => {
    const server = await spawned([...devArguments(directory), "--log-level", "trace"]);
    const ep11 = client({ address: server.report.grpc as string });
    const pin = Buffer.from("CANARY-PIN-THAT-IS-TOO-LONG");
    expect(await failure(ep11.login({ storeid: new Uint8Array(), pin }))).toBe(CKR_PIN_LEN_RANGE);
    await encrypt(ep11, await aesKey(ep11));
    await server.stop();
    const log = server.stderr();
    expect(log).toContain('"rpc":"Login"');
    expect(log).toContain("CKR_PIN_LEN_RANGE");
    for (const secret of [pin, PLAIN])
      for (const encoding of ["utf8", "hex", "base64"] as const) expect(log).not.toContain(secret.toString(encoding));
  });
});

describe("grep11-server keyring", () => {
  it("rotates the master key under a running server", async () => {
    const server = await spawned(devArguments(directory));
    const ep11 = client({ address: server.report.grpc as string });
    const key = await aesKey(ep11);
    const ciphered = await encrypt(ep11, key);
    const keyring = async (...words: string[]) => {
      const answer = await program(["keyring", ...words, "--json", "--data-dir", join(directory, "data")]);
      expect(answer.stderr).toBe("");
      return JSON.parse(answer.stdout) as Record<string, string>;
    };
    expect(await failure(ep11.rewrapKeyBlob({ wrappedKey: key }))).toBe(CKR_IBM_WK_NOT_INITIALIZED);

    const { next } = await keyring("generate-next");
    await keyring("commit", "--pattern", next as string);
    const rewrapped = await vi.waitFor(async () => {
      const answer = await ep11.rewrapKeyBlob({ wrappedKey: key });
      return answer.rewrappedKey.keyBlobs[0] as Uint8Array;
    }, 5000);
    expect(await decrypt(ep11, key, ciphered)).toEqual(PLAIN);
    expect(await failure(decrypt(ep11, rewrapped, ciphered))).toBe(CKR_IBM_WKID_MISMATCH);

    expect(await keyring("activate")).toMatchObject({ current: next, previous: expect.any(String) });
    await keyring("finalise");
    server.signal("SIGHUP");
    await vi.waitFor(async () => expect(await decrypt(ep11, rewrapped, ciphered)).toEqual(PLAIN), 5000);
    expect(await failure(decrypt(ep11, key, ciphered))).toBe(CKR_IBM_WKID_MISMATCH);
  });

  it("takes a master key in parts and shows patterns operators can compare", async () => {
    const parts = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const names = parts.map((_, i) => join(directory, `part${i}`));
    for (const [i, name] of names.entries())
      await writeFile(name, i === 0 ? parts[i]! : parts[i]!.toString("hex"), { mode: 0o600 });
    const keyring = (...words: string[]) => program(["keyring", ...words, "--data-dir", join(directory, "data")]);
    expect((await keyring("init", "--empty")).code).toBe(0);

    const imported = await keyring("import-parts", ...names.flatMap((name) => ["--part", name]), "--json");
    const pattern = (key: Buffer) => createHash("sha256").update(Uint8Array.of(1)).update(key).digest("hex");
    for (const part of parts) expect(imported.stderr).toContain(pattern(part));
    const masterKey = Buffer.from(parts[0]!.map((byte, i) => byte ^ parts[1]![i]! ^ parts[2]![i]!));
    expect(JSON.parse(imported.stdout)).toEqual({ epoch: 1, next: pattern(masterKey), nextState: "uncommitted" });

    expect((await keyring("commit", "--pattern", "00".repeat(32))).code).toBe(3);
    expect((await keyring("commit", "--pattern", pattern(masterKey))).code).toBe(0);
    expect((await keyring("activate")).stdout).toContain(`current   ${pattern(masterKey)}`);
    expect((await keyring("finalise")).code).toBe(3);
    expect((await keyring("init")).code).toBe(3);
    expect((await keyring("import-parts", "--part", names[0]!)).code).toBe(3);
    await chmod(names[0]!, 0o644);
    expect((await keyring("import-parts", "--part", names[0]!, "--part", names[1]!)).code).toBe(2);
  });

  it("opens by passphrase, and only by that", async () => {
    const passphrase = join(directory, "passphrase");
    const config = join(directory, "c.yaml");
    await writeFile(passphrase, "correct horse battery staple\n", { mode: 0o600 });
    await writeFile(
      config,
      `grep11: { keyring: { file: ${join(directory, "k.g11")}, passphrasefile: ${passphrase} } }\n`,
    );
    const made = await program(["keyring", "init", "--config", config]);
    expect(await program(["keyring", "show", "--config", config])).toMatchObject({ code: 0, stdout: made.stdout });
    await writeFile(passphrase, "correct horse battery stable\n");
    expect((await program(["keyring", "show", "--config", config])).code).toBe(3);
  }, 20_000);
});

describe("grep11-server --config", () => {
  it("serves what the file says, with listed tokens", async () => {
    const token = randomBytes(24).toString("base64url");
    const config = join(directory, "grep11.yaml");
    await writeFile(
      config,
      `
ep11crypto:
  connection: { address: 127.0.0.1, port: 0 }
  domain: "0a.0014"
grep11:
  keyring: { file: ${join(directory, "keys", "k.g11")}, keyfile: ${join(directory, "keys", "k.key")} }
  policy: { base: strict, off: [XCP_CPB_ALG_DSA] }
  mechanisms: ibm
  bearer:
    required: true
    tokens:
      - principal: tester
        sha256: ${createHash("sha256").update(token).digest("hex")}
`,
    );
    const missing = await program(["--config", config]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("grep11.keyring.file") });
    expect((await program(["keyring", "init", "--config", config])).code).toBe(0);

    const { report } = await spawned(["--config", config]);
    expect(report).toEqual({ pid: report.pid, grpc: report.grpc });
    const address = report.grpc as string;
    expect(await failure(client({ address }).getMechanismList({}))).toBe(CKR_IBM_GREP11_NOT_AUTHENTICATED);
    const { mechs } = await client({ address, auth: token }).getMechanismList({});
    expect(mechs).toContain(CKM_RSA_PKCS_PSS);
    for (const hidden of [CKM_RSA_PKCS, CKM_DSA]) expect(mechs).not.toContain(hidden);
  });

  it("keeps the limits of the file", async () => {
    const config = join(directory, "grep11.yaml");
    await writeFile(
      config,
      `
ep11crypto: { connection: { port: 0 } }
grep11:
  keyring: { file: ${join(directory, "k.g11")}, keyfile: ${join(directory, "k.key")} }
  limits: { maxDataMiB: 1, maxConnections: 2, maxConnectionAge: 400ms }
  keyCache: { maxKeys: 1 }
  workers: { threads: 1, generationThreads: 1, queue: 1, queuePerPrincipal: 1 }
`,
    );
    expect((await program(["keyring", "init", "--config", config])).code).toBe(0);
    const { report } = await spawned(["--config", config]);

    const session = connect(`http://${report.grpc}`);
    const began = performance.now();
    await once(session, "goaway");
    expect(performance.now() - began).toBeGreaterThan(300);
    session.close();

    const ep11 = client({ address: report.grpc as string });
    const tooLong = ep11.digestSingle({ mech: mechanism.digest("sha256"), data: new Uint8Array(1_100_000) });
    expect(await failure(tooLong)).toBe(CKR_IBM_TRANSPORT_LIMIT);

    // One is made, one waits; the others are told to come again, which this client does not do.
    const impatient = createGrep11Client(transports[0] as GrpcTransport, { retry: { attempts: 1 } });
    const request = {
      mech: { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN },
      privKeyTemplate: template({ CKA_SIGN: true }),
      pubKeyTemplate: template({ CKA_MODULUS_BITS: 2048, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }),
    };
    const ends = await Promise.allSettled(Array.from({ length: 6 }, () => impatient.generateKeyPair(request)));
    const refused = ends.flatMap((end) => (end.status === "rejected" ? [(end.reason as CkError).rv] : []));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(new Set(refused)).toEqual(new Set([CKR_DEVICE_MEMORY]));
  });

  it("takes mutual TLS from the file and a free port from the environment", async () => {
    const tlsFiles = join(directory, "tls");
    for (const words of [
      ["--server", "127.0.0.1"],
      ["--client", "alice"],
    ])
      expect((await program(["cert", "make", "--dir", tlsFiles, ...words])).code).toBe(0);
    const dataDir = join(directory, "data");
    expect((await program(["keyring", "init", "--data-dir", dataDir])).code).toBe(0);
    const config = join(directory, "grep11.yaml");
    await writeFile(
      config,
      `
ep11crypto:
  connection:
    tls:
      enabled: true
      certfile: ${join(tlsFiles, "127.0.0.1.pem")}
      keyfile: ${join(tlsFiles, "127.0.0.1.key")}
      mutual: true
      cacertbytes: ${(await readFile(join(tlsFiles, "ca.pem"))).toString("base64")}
grep11:
  keyring: { file: ${join(dataDir, "keyring.g11")}, keyfile: ${join(dataDir, "keyring.key")} }
`,
    );
    const { report } = await spawned(["--config", config], { GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "0" });
    const address = report.tls as string;
    const ca = await readFile(join(tlsFiles, "ca.pem"));
    const [cert, key] = await Promise.all(["alice.pem", "alice.key"].map((name) => readFile(join(tlsFiles, name))));
    const alice = client({ address, tls: { ca, cert: cert!, key: key! } });
    expect((await alice.getMechanismList({})).mechs[0]).toBe(CKM_RSA_PKCS);
    const nobody = client({ address, tls: { ca } });
    await expect(nobody.getMechanismList({}, { timeoutMs: 2000 })).rejects.toThrow();
  });

  it("says which TLS file is wrong, and starts with none of them", async () => {
    const tlsFiles = join(directory, "tls");
    const dataDir = join(directory, "data");
    for (const name of ["one", "two"]) await program(["cert", "make", "--dir", tlsFiles, "--server", name]);
    expect((await program(["keyring", "init", "--data-dir", dataDir])).code).toBe(0);
    const file = (name: string) => join(tlsFiles, name);
    const config = join(directory, "grep11.yaml");
    const startWith = async (tls: Record<string, string | boolean>) => {
      const keyring = { file: join(dataDir, "keyring.g11"), keyfile: join(dataDir, "keyring.key") };
      const connection = { port: 0, tls: { enabled: true, ...tls } };
      const logging = { levels: { entry: "silent" } };
      await writeFile(config, JSON.stringify({ logging, ep11crypto: { connection }, grep11: { keyring } }));
      const { code, stderr } = await program(["--config", config]);
      return [code, stderr];
    };
    const good = { certfile: file("one.pem"), keyfile: file("one.key") };
    const complaint = (text: string) => [2, `grep11-server: ep11crypto.connection.tls.${text}\n`];
    expect(await startWith({ ...good, certfile: config })).toEqual(
      complaint(`certfile: ${config} holds no certificate in PEM`),
    );
    expect(await startWith({ ...good, keyfile: file("two.key") })).toEqual(
      complaint("keyfile: is the key of another certificate than certfile"),
    );
    expect(await startWith({ ...good, mutual: true, cacertbytes: "bm9uZQ==" })).toEqual(
      complaint("cacertbytes: it holds no certificate in PEM"),
    );
    expect(await startWith({ ...good, keyfile: file("none.key") })).toEqual([
      1,
      `grep11-server: there is no ${file("none.key")}\n`,
    ]);
  });

  it("warns of an empty keyring and of a certificate that has expired", async () => {
    const connection = { port: 0, tls: { enabled: true, certfile: "old.pem", keyfile: "old.key" } };
    const keyring = { file: join(directory, "k.g11"), keyfile: join(directory, "k.key") };
    const ca = await openAuthority(directory, new Date(0));
    const request = { subject: "old", use: "server", names: ["old"], now: new Date(0) } as const;
    for (const name of ["certfile", "keyfile"] as const) connection.tls[name] = join(directory, connection.tls[name]);
    await issueCertificate(ca, request, connection.tls.certfile, connection.tls.keyfile);
    const config = join(directory, "grep11.yaml");
    await writeFile(config, JSON.stringify({ ep11crypto: { connection }, grep11: { keyring } }));
    expect((await program(["keyring", "init", "--empty", "--config", config])).code).toBe(0);
    const server = await spawned(["--config", config]);
    expect(server.stderr()).toContain("there is no master key");
    expect(server.stderr()).toContain("the certificate has expired");
  });

  it("refuses a wrong file by path, a wrong command line by name", async () => {
    const config = join(directory, "grep11.yaml");
    await writeFile(config, "ep11crypto:\n  connection:\n    prot: 1\n");
    const wrong = await runProgram(["--config", config]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`${config}:3: ep11crypto.connection.prot: unknown key`);
    for (const words of [[], ["--dev", "--port", "99999"], ["--dev", "--prot", "1"], ["keyring", "shred"]])
      expect((await program(words)).code).toBe(2);
    expect((await program(["--config", join(directory, "absent.yaml")])).stderr).toContain("absent.yaml");
  });
});
