import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { join } from "node:path";
import { createGrep11Client, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issueFiles, openAuthority } from "./certificates/authority.ts";
import { failure, openServerLab, program, type ServerLab } from "./testing/server-lab.ts";
import { runProgram } from "./testing/spawned-server.ts";

let lab: ServerLab;
let directory: string;
beforeEach(async () => {
  lab = await openServerLab();
  directory = lab.directory;
});
afterEach(() => lab.close());

describe("grep11-server --config", () => {
  it("serves as configured, with listed tokens", async () => {
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

    const { report } = await lab.spawned(["--config", config]);
    expect(report).toEqual({ pid: report.pid, grpc: report.grpc });
    const address = report.grpc as string;
    expect(await failure(lab.client({ address }).getMechanismList({}))).toBe(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED);
    const { mechs } = await lab.client({ address, auth: token }).getMechanismList({});
    expect(mechs).toContain(ck.CKM_RSA_PKCS_PSS);
    for (const hidden of [ck.CKM_RSA_PKCS, ck.CKM_DSA]) expect(mechs).not.toContain(hidden);
  });

  it("enforces the limits of the file", async () => {
    const config = join(directory, "grep11.yaml");
    await writeFile(
      config,
      `
ep11crypto: { connection: { port: 0 } }
grep11:
  keyring: { file: ${join(directory, "k.g11")}, keyfile: ${join(directory, "k.key")} }
  limits: { maxDataMiB: 1, maxConnections: 2, maxConnectionsPerAddress: 2, maxConnectionAge: 400ms }
  keyCache: { maxKeys: 1 }
  workers: { threads: 1, generationThreads: 1, queue: 1, queuePerPrincipal: 1 }
`,
    );
    expect((await program(["keyring", "init", "--config", config])).code).toBe(0);
    const { report } = await lab.spawned(["--config", config]);

    const session = connect(`http://${report.grpc}`);
    const began = performance.now();
    await once(session, "goaway");
    expect(performance.now() - began).toBeGreaterThan(300);
    session.close();

    const ep11 = lab.client({ address: report.grpc as string });
    const tooLong = ep11.digestSingle({ mech: mechanism.digest("sha256"), data: new Uint8Array(1_100_000) });
    expect(await failure(tooLong)).toBe(ck.CKR_IBM_TRANSPORT_LIMIT);

    // One call is generating a key, and another call is waiting. The server refuses all further calls and asks their callers to
    // retry, but this client never retries.
    const impatient = createGrep11Client(lab.transport({ address: report.grpc as string }), { retry: { attempts: 1 } });
    const request = {
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      privKeyTemplate: template({ CKA_SIGN: true }),
      pubKeyTemplate: template({ CKA_MODULUS_BITS: 2048, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }),
    };
    const ends = await Promise.allSettled(Array.from({ length: 6 }, () => impatient.generateKeyPair(request)));
    const refused = ends.flatMap((end) => (end.status === "rejected" ? [(end.reason as ck.CkError).rv] : []));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(new Set(refused)).toEqual(new Set([ck.CKR_DEVICE_MEMORY]));
  });

  it("takes mutual TLS from the file and a free port from the environment", async () => {
    const tlsFiles = join(directory, "tls");
    for (const args of [
      ["--server", "127.0.0.1"],
      ["--client", "alice"],
    ])
      expect((await program(["cert", "make", "--dir", tlsFiles, ...args])).code).toBe(0);
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
    const { report } = await lab.spawned(["--config", config], { GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "0" });
    const address = report.tls as string;
    const ca = await readFile(join(tlsFiles, "ca.pem"));
    const [cert, key] = await Promise.all(["alice.pem", "alice.key"].map((name) => readFile(join(tlsFiles, name))));
    const alice = lab.client({ address, tls: { ca, cert: cert!, key: key! } });
    expect((await alice.getMechanismList({})).mechs[0]).toBe(ck.CKM_RSA_PKCS);
    const nobody = lab.client({ address, tls: { ca } });
    await expect(nobody.getMechanismList({}, { timeoutMs: 2000 })).rejects.toThrow();
  });

  it("names the TLS file that is wrong, and does not start", async () => {
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
      complaint(`certfile: ${config} is not a certificate in PEM`),
    );
    expect(await startWith({ ...good, keyfile: file("two.key") })).toEqual(
      complaint("keyfile: is not the key of the certificate in certfile"),
    );
    expect(await startWith({ ...good, mutual: true, cacertbytes: "bm9uZQ==" })).toEqual(
      complaint("cacertbytes: is not a certificate in PEM"),
    );
    for (const name of ["certfile", "keyfile", "cacert"] as const)
      expect(await startWith({ ...good, mutual: true, cacert: file("ca.pem"), [name]: file("none.pem") })).toEqual([
        2,
        expect.stringMatching(`^grep11-server: ep11crypto.connection.tls.${name}: there is no ${file("none.pem")}; `),
      ]);
  });

  it("warns about an empty keyring and an expired certificate", async () => {
    const connection = { port: 0, tls: { enabled: true, certfile: "old.pem", keyfile: "old.key" } };
    const keyring = { file: join(directory, "k.g11"), keyfile: join(directory, "k.key") };
    const ca = await openAuthority(directory, new Date(0));
    const request = { subject: "old", use: "server", names: ["old"], now: new Date(0) } as const;
    for (const name of ["certfile", "keyfile"] as const) connection.tls[name] = join(directory, connection.tls[name]);
    await issueFiles(ca, request, connection.tls.certfile, connection.tls.keyfile);
    const config = join(directory, "grep11.yaml");
    await writeFile(config, JSON.stringify({ ep11crypto: { connection }, grep11: { keyring } }));
    expect((await program(["keyring", "init", "--empty", "--config", config])).code).toBe(0);
    const server = await lab.spawned(["--config", config]);
    expect(server.stderr()).toContain("there is no master key");
    expect(server.stderr()).toContain("the certificate has expired");
  });

  it("refuses a wrong file and a wrong command line", async () => {
    const config = join(directory, "grep11.yaml");
    await writeFile(config, "ep11crypto:\n  connection:\n    prot: 1\n");
    const wrong = await runProgram(["--config", config]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`${config}:3: ep11crypto.connection.prot: unknown key`);
    for (const args of [[], ["--dev", "--port", "99999"], ["--dev", "--prot", "1"], ["keyring", "shred"]])
      expect((await program(args)).code).toBe(2);
    expect((await program(["--config", join(directory, "absent.yaml")])).stderr).toContain("absent.yaml");
  });
});
