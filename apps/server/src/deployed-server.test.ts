import { execFileSync } from "node:child_process";
import type { X509Certificate } from "node:crypto";
import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import * as ck from "@grep11/cryptoki";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openServerLab, program, type ServerLab } from "./testing/server-lab.ts";
import { runProgram } from "./testing/spawned-server.ts";

let lab: ServerLab;
let directory: string;
beforeEach(async () => {
  lab = await openServerLab();
  directory = lab.directory;
});
afterEach(() => lab.close());

/** Creates a keyring, and certificates for 127.0.0.1 and for the client alice. */
async function materials(): Promise<{ keyring: Record<string, string>; tls: string }> {
  const data = join(directory, "data");
  const tls = join(directory, "tls");
  expect((await program(["keyring", "init", "--data-dir", data])).code).toBe(0);
  for (const args of [
    ["--server", "127.0.0.1"],
    ["--client", "alice"],
  ])
    expect((await program(["cert", "make", "--dir", tls, ...args])).code).toBe(0);
  return { keyring: { file: join(data, "keyring.g11"), keyfile: join(data, "keyring.key") }, tls };
}

describe("the configuration of IBM's on-premises server", () => {
  it.each(["", "01.a9,c.10"])("starts a server, with the domain %j, in a Kubernetes pod", async (domain) => {
    const { keyring, tls } = await materials();
    const config = join(directory, "ep11server.yaml");
    await writeFile(
      config,
      `
logging:
  levels:
    entry: debug
    comm: info
ep11crypto:
  enabled: true
  connection:
    address: 127.0.0.1
    port: 9876
    tls:
      enabled: true
      certfile: ${join(tls, "127.0.0.1.pem")}
      keyfile: ${join(tls, "127.0.0.1.key")}
      mutual: true
      cacert: ${join(tls, "ca.pem")}
      cacertbytes:
      certfilebytes:
      keyfilebytes:
    keepalive:
      serverKeepaliveTime: 30
      serverKeepaliveTimeout: 5
  domain: "${domain}"
`,
      { mode: 0o644 },
    );
    const server = await lab.spawned(["--config", config], {
      GREP11_SERVER_EP11CRYPTO_CONNECTION_PORT: "0",
      GREP11_SERVER_GREP11_KEYRING_FILE: keyring.file as string,
      GREP11_SERVER_GREP11_KEYRING_KEYFILE: keyring.keyfile as string,
      GREP11_SERVER_SERVICE_HOST: "10.0.0.1",
      GREP11_SERVER_PORT: "tcp://10.0.0.1:9876",
    });
    expect(server.stderr()).toContain('"keys":["logging.levels.comm"]');
    if (domain !== "") {
      expect(server.stderr()).toContain('"domain":"01.00a9,0c.0010"');
      expect(server.stderr()).toContain('"domains":["01.00a9","0c.0010"]');
    }
    const [ca, cert, key] = await Promise.all(
      ["ca.pem", "alice.pem", "alice.key"].map((name) => readFile(join(tls, name))),
    );
    const alice = lab.client({ address: server.report.tls as string, tls: { ca: ca!, cert: cert!, key: key! } });
    expect((await alice.getMechanismList({})).mechs[0]).toBe(ck.CKM_RSA_PKCS);
  });

  it("is refused if it is world-writable, or if others can read a private key in it", async () => {
    const { keyring, tls } = await materials();
    const config = join(directory, "ep11server.yaml");
    const inline = async (name: string) => (await readFile(join(tls, name))).toString("base64");
    const withKey = {
      enabled: true,
      certfilebytes: await inline("127.0.0.1.pem"),
      keyfilebytes: await inline("127.0.0.1.key"),
    };
    const files = { enabled: true, certfile: join(tls, "127.0.0.1.pem"), keyfile: join(tls, "127.0.0.1.key") };
    const write = async (content: object, mode: number) => {
      const logging = { levels: { entry: "silent" } };
      await writeFile(
        config,
        JSON.stringify({ logging, ep11crypto: { connection: { port: 0, tls: content } }, grep11: { keyring } }),
      );
      await chmod(config, mode);
    };
    for (const [content, mode] of [
      [withKey, 0o666],
      [withKey, 0o620],
      [withKey, 0o644],
      [withKey, 0o640],
      [files, 0o666],
      [files, 0o602],
    ] as const) {
      await write(content, mode);
      const refused = await program(["--config", config]);
      expect([mode, refused.code, refused.stderr]).toEqual([mode, 2, expect.stringContaining(`${config}: refused`)]);
      expect(refused.stderr).not.toContain(withKey.keyfilebytes.slice(0, 40));
    }
    for (const [content, mode] of [
      [withKey, 0o600],
      [files, 0o664],
    ] as const) {
      await write(content, mode);
      expect(await (await lab.spawned(["--config", config])).stop()).toBe(0);
    }
  });

  it("fails at once if one of its files is a FIFO", async () => {
    const { keyring, tls } = await materials();
    const config = join(directory, "ep11server.yaml");
    const fifo = join(directory, "fifo");
    execFileSync("mkfifo", ["-m", "600", fifo]);
    const tlsFiles = {
      certfile: join(tls, "127.0.0.1.pem"),
      keyfile: join(tls, "127.0.0.1.key"),
      cacert: join(tls, "ca.pem"),
    };
    const { file } = keyring;
    const cases = [
      { keyring: { ...keyring, file: fifo } },
      { keyring: { ...keyring, keyfile: fifo } },
      { keyring: { file, passphrasefile: fifo } },
      { certfile: fifo },
      { keyfile: fifo },
      { cacert: fifo },
    ];
    for (const { keyring: given = keyring, ...others } of cases) {
      const connection = { port: 0, tls: { enabled: true, mutual: true, ...tlsFiles, ...others } };
      const logging = { levels: { entry: "silent" } };
      await writeFile(config, JSON.stringify({ logging, ep11crypto: { connection }, grep11: { keyring: given } }));
      const refused = await runProgram(["--config", config]);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`${fifo}: refused, it is a FIFO`) });
    }
    expect((await runProgram(["--config", fifo])).stderr).toContain("it is a FIFO");
    expect(
      (await runProgram(["keyring", "import-parts", "--part", fifo, "--part", fifo, "--config", config])).code,
    ).toBe(2);
  });
});

describe("files of a Kubernetes Secret", () => {
  it("are reloaded when all of them are replaced at once", async () => {
    const { keyring, tls } = await materials();
    const volume = join(directory, "volume");
    const put = async (name: string) => {
      const folder = join(volume, name);
      await mkdir(folder, { recursive: true });
      for (const file of [keyring.file, keyring.keyfile, join(tls, "127.0.0.1.pem"), join(tls, "127.0.0.1.key")])
        await cp(file as string, join(folder, (file as string).split("/").at(-1) as string));
    };
    await put("..1");
    await symlink("..1", join(volume, "..data"));
    for (const name of ["keyring.g11", "keyring.key", "127.0.0.1.pem", "127.0.0.1.key"])
      await symlink(`..data/${name}`, join(volume, name));
    await chmod(volume, 0o1777);
    const config = join(directory, "grep11.yaml");
    await writeFile(
      config,
      JSON.stringify({
        ep11crypto: {
          connection: {
            port: 0,
            tls: { enabled: true, certfile: join(volume, "127.0.0.1.pem"), keyfile: join(volume, "127.0.0.1.key") },
          },
        },
        grep11: { keyring: { file: join(volume, "keyring.g11"), keyfile: join(volume, "keyring.key") } },
      }),
    );
    const server = await lab.spawned(["--config", config]);
    const [host, port] = (server.report.tls as string).split(":");
    const served = async (): Promise<string> => {
      const socket = connect({
        host: host as string,
        port: Number(port),
        rejectUnauthorized: false,
        ALPNProtocols: ["h2"],
      });
      await new Promise((done) => socket.once("secureConnect", done));
      const { serialNumber } = socket.getPeerX509Certificate() as X509Certificate;
      socket.destroy();
      return serialNumber;
    };
    const first = await served();

    // Replaces the keyring and the certificate by new ones with other keys.
    await rm(tls, { recursive: true });
    await rm(join(directory, "data"), { recursive: true });
    await materials();
    const { stdout } = await program(["keyring", "generate-next", "--data-dir", join(directory, "data"), "--json"]);
    const { current } = JSON.parse(stdout) as { current: string };
    await put("..2");
    await symlink("..2", join(volume, "..data_tmp"));
    await rename(join(volume, "..data_tmp"), join(volume, "..data"));
    await rm(join(volume, "..1"), { recursive: true });
    await vi.waitFor(() => expect(server.stderr()).toContain(current), 5000);
    server.signal("SIGHUP");
    await vi.waitFor(async () => expect(await served()).not.toBe(first), 5000);
    expect(server.stderr()).not.toContain("cannot be read");
  });
});
