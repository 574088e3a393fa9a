/**
 * Tests unencrypted keys in the formats of other software, which `key import` and the commands that use public keys read. The
 * file is long because its table has a line for every format.
 */
import * as crypto from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../testing/certificates.ts";
import { hasTool, runTool } from "../testing/key-tools.ts";
import { openLab } from "../testing/lab.ts";

let lab: Awaited<ReturnType<typeof openLab>>;
let certificates: Awaited<ReturnType<typeof makeCertificates>>;
beforeAll(async () => {
  [lab, certificates] = [await openLab(), await makeCertificates()];
});
afterAll(() => lab.close());

const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherRsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = crypto.generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const ed = crypto.generateKeyPairSync("ed25519");
const x448 = crypto.generateKeyPairSync("x448");
const dsa = crypto.generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 });

type Pair = { readonly privateKey: crypto.KeyObject; readonly publicKey: crypto.KeyObject };
const pkcs8 = ({ privateKey }: Pair) => String(privateKey.export({ format: "pem", type: "pkcs8" }));
const sec1 = ({ privateKey }: Pair) => String(privateKey.export({ format: "pem", type: "sec1" }));
const spki = ({ publicKey }: Pair) => String(publicKey.export({ format: "pem", type: "spki" }));
const jwk = (key: crypto.KeyObject) => key.export({ format: "jwk" });
const json = (value: unknown) => JSON.stringify(value);

/** Imports `content`, and returns the key as the HSM exports it in the clear. */
async function imported(content: string | Uint8Array, options = "", env = {}): Promise<crypto.KeyObject> {
  lab.write("in.key", content);
  await lab.ok(`key import --in in.key --extractable --out imported.key --force${options}`, { env });
  const { class: cko } = JSON.parse(Buffer.from(lab.read("imported.key")).toString()) as { class: string };
  if (cko === "CKO_PUBLIC_KEY")
    return crypto.createPublicKey((await lab.ok("key export --public --key imported.key")).stdout);
  return crypto.createPrivateKey((await lab.ok("key export --key imported.key")).stdout);
}

/** Returns the error with which `key import` refuses `content`. It must not call the HSM. */
async function refusal(content: string | Uint8Array, options = ""): Promise<string> {
  lab.write("in.key", content);
  const { code, stderr } = await lab.grep11(`key import --in in.key --out never.key${options}`, {
    env: { GREP11_ADDRESS: "127.0.0.1:1" },
  });
  expect([code, stderr.startsWith("error: ")], stderr).toEqual([2, true]);
  return stderr;
}

describe("a PEM file with several blocks", () => {
  const comment = "# the other half is in the file -----BEGIN PUBLIC KEY-----\nnot -----END PUBLIC KEY-----\n";
  const attributes = "Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n";
  it.each<[string, () => string, Pair]>([
    ["private key, then public key", () => pkcs8(ec) + spki(ec), ec],
    ["public key, then private key", () => spki(ec) + pkcs8(ec), ec],
    ["RSA private key, then public key", () => pkcs8(rsa) + spki(rsa), rsa],
    ["Ed25519 private key, then public key", () => pkcs8(ed) + spki(ed), ed],
    ["comment that mentions a public key", () => comment + pkcs8(ec), ec],
    ["comment between the blocks", () => pkcs8(ec) + comment + spki(ec), ec],
    ["BEGIN of a public key without END", () => `-----BEGIN PUBLIC KEY-----\n${pkcs8(ec)}`, ec],
    ["attributes of openssl pkcs12", () => attributes + pkcs8(ec), ec],
    ["CRLF line ends", () => (pkcs8(ec) + spki(ec)).replaceAll("\n", "\r\n"), ec],
    ["indentation and trailing blanks", () => pkcs8(ec).replaceAll(/^/gm, "    ").replaceAll("\n", "  \n"), ec],
    ["no line end after the last block", () => pkcs8(ec).trimEnd(), ec],
    ["byte order mark", () => `\ufeff${pkcs8(ec)}`, ec],
    ["the same private key twice, in two forms", () => pkcs8(ec) + sec1(ec), ec],
  ])("gives its private key: %s", async (_, content, pair) => {
    expect((await imported(content())).equals(pair.privateKey)).toBe(true);
  });

  it("gives its private key in UTF-16 too, as PowerShell writes it", async () => {
    const utf16 = Buffer.from(`\ufeff${pkcs8(ec)}`, "utf16le");
    expect((await imported(utf16)).equals(ec.privateKey)).toBe(true);
    expect((await imported(utf16.swap16())).equals(ec.privateKey)).toBe(true);
  });

  it.each<[string, (made: typeof certificates) => string]>([
    ["certificate, then key", ({ server }) => server.cert + server.key],
    ["key, then certificate", ({ server }) => server.key + server.cert],
    ["key, then certificate and its CA", ({ server, ca }) => `${server.key}\n${server.cert}\n${ca}`],
    ["CA, then certificate, then key", ({ server, ca }) => `${ca}\n${server.cert}\n${server.key}`],
  ])("gives its private key: %s", async (_, bundle) => {
    const key = crypto.createPrivateKey(certificates.server.key);
    expect((await imported(bundle(certificates))).equals(key)).toBe(true);
  });

  it.each<[string, (made: typeof certificates) => string, string]>([
    [
      "two private keys",
      () => pkcs8(ec) + pkcs8(rsa),
      "2 different private keys: there must be only one (ec in line 1, rsa in line 6)",
    ],
    [
      "halves of two pairs",
      () => pkcs8(rsa) + spki(otherRsa),
      "a private key and a public key that do not belong together",
    ],
    ["own and another public key", () => pkcs8(ec) + spki(ec) + spki(rsa), "public key that do not belong together"],
    [
      "certificate of another key",
      ({ server, client }) => client.key + server.cert,
      "a private key and a certificate that do not belong",
    ],
    ["two public keys", () => spki(ec) + spki(rsa), "several different public keys"],
    [
      "certificates that do not form a chain",
      ({ server, client }) => `${server.cert}\n${client.cert}`,
      "2 certificates: they do not form a chain",
    ],
    ["block without an END", () => pkcs8(ec).slice(0, -10), "no complete block"],
  ])("is refused: %s", async (_, content, reason) => {
    expect(await refusal(content(certificates))).toContain(reason);
  });
});

describe("key import", () => {
  const der = (key: crypto.KeyObject, type: "pkcs1" | "sec1" | "pkcs8" | "spki") =>
    key.export({ format: "der", type } as never) as unknown as Buffer;
  it.each<[string, () => string | Uint8Array, () => crypto.KeyObject]>([
    ["PKCS #1 in DER", () => der(rsa.privateKey, "pkcs1"), () => rsa.privateKey],
    ["SEC 1 in DER", () => der(ec.privateKey, "sec1"), () => ec.privateKey],
    ["PKCS #8 in DER", () => der(dsa.privateKey, "pkcs8"), () => dsa.privateKey],
    [
      "public PKCS #1 in PEM",
      () => String(rsa.publicKey.export({ format: "pem", type: "pkcs1" })),
      () => rsa.publicKey,
    ],
    ["public PKCS #1 in DER", () => der(rsa.publicKey, "pkcs1"), () => rsa.publicKey],
    ["SubjectPublicKeyInfo in DER", () => der(ed.publicKey, "spki"), () => ed.publicKey],
    [
      "certificate in PEM",
      () => certificates.server.cert,
      () => new crypto.X509Certificate(certificates.server.cert).publicKey,
    ],
    [
      "certificate in DER",
      () => new crypto.X509Certificate(certificates.server.cert).raw,
      () => new crypto.X509Certificate(certificates.server.cert).publicKey,
    ],
    [
      "chain of certificates",
      () => `${certificates.server.cert}\n${certificates.ca}`,
      () => new crypto.X509Certificate(certificates.server.cert).publicKey,
    ],
    ["private JWK: EC", () => json(jwk(ec.privateKey)), () => ec.privateKey],
    ["private JWK: RSA", () => json(jwk(rsa.privateKey)), () => rsa.privateKey],
    ["private JWK: OKP, Ed25519", () => json(jwk(ed.privateKey)), () => ed.privateKey],
    ["private JWK: OKP, X448", () => json(jwk(x448.privateKey)), () => x448.privateKey],
    ["public JWK: EC", () => json(jwk(ec.publicKey)), () => ec.publicKey],
    ["public JWK: RSA", () => ` \n${json(jwk(rsa.publicKey))}`, () => rsa.publicKey],
    [
      "JWK Set with one key",
      () => json({ keys: [{ ...jwk(ec.privateKey), kid: "1", use: "sig" }] }),
      () => ec.privateKey,
    ],
  ])("reads %s", async (_, content, key) => {
    expect((await imported(content())).equals(key())).toBe(true);
  });

  it.each<[string, object, string, string]>([
    ["HS256", { alg: "HS256" }, "", "CKK_GENERIC_SECRET"],
    ["A256GCM", { alg: "A256GCM" }, "", "CKK_AES"],
    ["A256KW", { alg: "A256KW" }, "", "CKK_AES"],
    ["no algorithm", {}, " --type aes:256", "CKK_AES"],
    ["another algorithm", { alg: "HS256" }, " --type aes", "CKK_AES"],
  ])("reads a secret JWK: %s", async (_, parameters, option, keyType) => {
    const secret = crypto.randomBytes(32);
    lab.write("in.key", json({ kty: "oct", k: secret.toString("base64url"), ...parameters }));
    await lab.ok(`key import --in in.key --extractable --out imported.key --force${option}`);
    expect(JSON.parse(Buffer.from(lab.read("imported.key")).toString())).toMatchObject({ keyType });
    await lab.ok("key export --key imported.key --out secret.out");
    expect(Buffer.from(lab.read("secret.out")).equals(secret)).toBe(true);
  });

  it.each(["rsa", "ec", "dsa"])("accepts --type %s for the type it finds, and refuses another", async (type) => {
    const pair = { rsa, ec, dsa }[type] as Pair;
    expect((await imported(pkcs8(pair) + spki(pair), ` --type ${type}`)).equals(pair.privateKey)).toBe(true);
    expect(await refusal(pkcs8(ed), " --type rsa")).toContain("a key of type ec, not rsa");
  });

  it.each<[string, () => string | Uint8Array, RegExp]>([
    ["an empty file", () => "", /in\.key is empty/],
    ["a file of blanks", () => "\n \n", /in\.key is empty/],
    ["random bytes", () => Buffer.alloc(32, 7), /no key this program recognises: .*--type aes/],
    ["a key file of grep11", () => json({ grep11Key: 1 }), /already/],
    [
      "a JWK Set with two keys",
      () =>
        json({
          keys: [
            { kty: "EC", kid: "a" },
            { kty: "EC", kid: "b" },
          ],
        }),
      /2 keys \(a, b\).*jq/,
    ],
    ["a JWK Set without keys", () => json({ keys: [] }), /JWK Set with 0 keys/],
    ["a secret JWK that does not say what it is for", () => json({ kty: "oct", k: "AAAA" }), /--type aes/],
    ["a secret JWK that is not base64url", () => json({ kty: "oct", k: "+", alg: "HS256" }), /not base64url/],
    [
      "an RSA JWK without its primes",
      () => json({ ...jwk(rsa.privateKey), p: undefined }),
      /needs n, e, d, p, q, dp, dq and qi/,
    ],
    ["an RSA JWK with more primes", () => json({ ...jwk(rsa.privateKey), oth: [] }), /more than two primes/],
    ["an EC JWK on another curve", () => json({ ...jwk(ec.privateKey), crv: "P-999" }), /RFC 7518/],
    ["an encrypted JWK", () => "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA\n", /encrypted JWK/],
    ["a Java key store", () => Buffer.from("feedfeed00000002", "hex"), /keytool -importkeystore/],
    ["a PuTTY key", () => "PuTTY-User-Key-File-3: ssh-rsa\n", /puttygen in\.key/],
    [
      "an OpenPGP key",
      () => "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n",
      /OpenPGP/,
    ],
    [
      "parameters",
      () => "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
      /only parameters/,
    ],
    [
      "a damaged private key",
      () => "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
      /damaged.*--type/,
    ],
    ["a damaged public key", () => "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", /damaged.*--type/],
    [
      "a damaged certificate",
      () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /damaged certificate/,
    ],
    [
      "a damaged OpenSSH key",
      () => "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
      /ssh-keygen -p -m PKCS8 -f in\.key/,
    ],
    [
      "an OpenSSH key of a security token",
      () => "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIA== me\n",
      /security tokens/,
    ],
  ])("refuses %s", async (_, content, reason) => {
    expect(await refusal(content())).toMatch(reason);
  });

  it("refuses an RSA key that is restricted to PSS, with the command that converts it", async () => {
    const pss = crypto.generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
    expect(await refusal(pkcs8(pss))).toContain("openssl rsa -in in.key -traditional -outform DER | grep11 key import");
    expect(await refusal(spki(pss))).toContain("openssl rsa -pubin -in in.key -RSAPublicKey_out -outform DER | grep11");
  });

  it("quotes file names in commands for a shell", async () => {
    lab.write("it's mine.ppk", "PuTTY-User-Key-File-3: ssh-rsa\n");
    const { stderr } = await lab.grep11("key import --out never.key --in", {}, "it's mine.ppk");
    expect(stderr).toContain(`puttygen 'it'\\''s mine.ppk' -O`);
  });
});

describe("an encrypted private key", () => {
  const passphrase = "grün & süß";
  const encrypted = () => rsa.privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase });

  it("opens with a passphrase from a file, a variable or the terminal", async () => {
    lab.write("pass.txt", `${passphrase}\n`);
    for (const options of [" --passphrase-file pass.txt", " --passphrase-env PASSPHRASE"]) {
      const key = await imported(encrypted(), options, { PASSPHRASE: passphrase });
      expect(key.equals(rsa.privateKey)).toBe(true);
    }
    lab.write("in.key", encrypted());
    await lab.ok("key import --in in.key --out typed.key", { secret: passphrase });
    const der = rsa.privateKey.export({ format: "der", type: "pkcs8", cipher: "aes-256-cbc", passphrase });
    expect((await imported(der, " --passphrase-file pass.txt")).equals(rsa.privateKey)).toBe(true);
    const traditional = rsa.privateKey.export({ format: "pem", type: "pkcs1", cipher: "aes-128-cbc", passphrase });
    expect((await imported(traditional, " --passphrase-file pass.txt")).equals(rsa.privateKey)).toBe(true);
  });

  it("names the options if the passphrase is missing, and reports a wrong one", async () => {
    expect(await refusal(encrypted())).toContain("in.key is encrypted: give its passphrase with --passphrase-file");
    lab.write("wrong.txt", "wrong");
    const stderr = await refusal(encrypted(), " --passphrase-file wrong.txt");
    expect(stderr).toContain("the passphrase for in.key is wrong");
  });

  it("may come with a public key, which needs no passphrase", async () => {
    lab.write("pair.pem", `${encrypted()}${spki(rsa)}`);
    lab.write(
      "data.sig",
      crypto.sign("sha256", Buffer.from("data"), { key: rsa.privateKey, padding: 6, saltLength: 32 }),
    );
    await lab.ok("verify --key pair.pem --signature data.sig", { stdin: "data" });
    lab.write("alone.pem", encrypted());
    const { code, stderr } = await lab.grep11("verify --key alone.pem --signature data.sig", { stdin: "data" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("openssl pkey -in alone.pem -pubout")]);
  });
});

describe("elliptic curve keys in encodings that EP11 does not accept", () => {
  const CURVES = ["prime256v1", "secp384r1", "secp521r1", "secp256k1", "secp224r1", "brainpoolP256r1"];
  const element = (tag: number, ...parts: Uint8Array[]) => {
    const content = Buffer.concat(parts);
    const length = content.length < 128 ? [content.length] : [0x81, content.length];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  /** Returns the public key as a SubjectPublicKeyInfo with its point in `form`. */
  function publicWith(key: crypto.KeyObject, curve: string, form: "compressed" | "hybrid"): Buffer {
    const der = key.export({ format: "der", type: "spki" });
    const ecdh = crypto.createECDH(curve);
    ecdh.generateKeys();
    const point = der.subarray(-ecdh.getPublicKey().length);
    const algorithm = der.subarray(der.indexOf(0x30, 1), der.length - point.length - (point.length > 126 ? 4 : 3));
    const short = crypto.ECDH.convertKey(point, curve, undefined, undefined, form) as Buffer;
    return element(0x30, algorithm, element(0x03, Buffer.from([0]), short));
  }

  it.each(CURVES.flatMap((curve) => [[curve, "compressed"] as const, [curve, "hybrid"] as const]))(
    "public, on %s, %s: imported and used",
    async (curve, form) => {
      const pair = crypto.generateKeyPairSync("ec", { namedCurve: curve });
      const written = publicWith(pair.publicKey, curve, form);
      const hash = curve === "secp384r1" ? "sha384" : curve === "secp521r1" ? "sha512" : "sha256";
      lab.write("short.der", written);
      lab.write(
        "data.sig",
        crypto.sign(hash, Buffer.from("data"), { key: pair.privateKey, dsaEncoding: "ieee-p1363" }),
      );
      await lab.ok("verify --key short.der --signature data.sig", { stdin: "data" });
      await lab.ok("key import --in short.der --out short.key --force");
      await lab.ok("verify --key short.key --signature data.sig", { stdin: "data" });
    },
  );

  it("support key agreement with a compressed point, in a file and in --mech", async () => {
    await lab.ok("key pair --type ec:P-256 --usage derive --out mine.key");
    const peer = crypto.generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const short = publicWith(peer.publicKey, "prime256v1", "compressed");
    lab.write("peer.der", short);
    await lab.ok("derive --key mine.key --peer peer.der --extractable --out one.key");
    const point = short.subarray(-33).toString("hex");
    await lab.ok(`derive --key mine.key --mech ECDH1_DERIVE:public=${point} --extractable --out two.key`);
    const clear = async (name: string) => (await lab.ok(`key export --encoding hex --key ${name}`)).stdout;
    expect(await clear("one.key")).toBe(await clear("two.key"));
  });

  it("are refused if the public key does not match", async () => {
    const other = crypto.generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const [mine, theirs] = [ec, other].map(({ privateKey }) => privateKey.export({ format: "der", type: "pkcs8" }));
    const mixed = Buffer.concat([mine!.subarray(0, -64), theirs!.subarray(-64)]);
    expect(await refusal(mixed)).toContain("a public key that does not belong to it");
  });
});

describe("a public key of other software", () => {
  const data = "data";
  it.each<[string, () => string | Uint8Array]>([
    ["PKCS #1 in PEM", () => String(rsa.publicKey.export({ format: "pem", type: "pkcs1" }))],
    ["PKCS #1 in DER", () => rsa.publicKey.export({ format: "der", type: "pkcs1" })],
    ["SubjectPublicKeyInfo in PEM", () => spki(rsa)],
    ["SubjectPublicKeyInfo in PEM, after a comment", () => `my key\r\n${spki(rsa).replaceAll("\n", "\r\n")}`],
    ["SubjectPublicKeyInfo in DER", () => rsa.publicKey.export({ format: "der", type: "spki" })],
    ["JWK", () => json(jwk(rsa.publicKey))],
    ["JWK Set", () => json({ keys: [jwk(rsa.publicKey)] })],
    ["the pair in clear", () => pkcs8(rsa) + spki(rsa)],
  ])("verifies, encrypts and wraps: %s", async (_, content) => {
    lab.write("theirs", content());
    lab.write(
      "data.sig",
      crypto.sign("sha256", Buffer.from(data), { key: rsa.privateKey, padding: 6, saltLength: 32 }),
    );
    await lab.ok("verify --key theirs --signature data.sig", { stdin: data });
    expect((await lab.grep11("verify --key theirs --signature data.sig", { stdin: "other" })).code).toBe(4);
    expect((await lab.ok("encrypt --key theirs", { stdin: data })).bytes.length).toBe(256);
    await lab.ok("key gen --extractable --out wrapped.key --force");
    expect((await lab.ok("wrap --key wrapped.key --kek theirs")).bytes.length).toBe(256);
    const details = await lab.ok("key info --offline --json --key theirs");
    expect(JSON.parse(details.stdout)).toMatchObject({ class: "CKO_PUBLIC_KEY", keyType: "CKK_RSA" });
  });

  it("verifies: certificate, in PEM and in DER", async () => {
    const { cert, key } = certificates.server;
    lab.write(
      "data.sig",
      crypto.sign("sha256", Buffer.from(data), { key: crypto.createPrivateKey(key), dsaEncoding: "ieee-p1363" }),
    );
    for (const content of [cert, new crypto.X509Certificate(cert).raw, `${cert}\n${certificates.ca}`]) {
      lab.write("theirs", content);
      await lab.ok("verify --key theirs --signature data.sig", { stdin: data });
    }
  });

  it("encapsulates: ml-kem", async () => {
    await lab.ok("key pair --type ml-kem:768 --out kem.key");
    const pem = await lab.ok("key export --public --key kem.key");
    for (const content of [pem.stdout, crypto.createPublicKey(pem.stdout).export({ format: "der", type: "spki" })]) {
      lab.write("theirs", content);
      await lab.ok("encapsulate --key theirs --ciphertext ct.bin --extractable --out one.key --force");
      await lab.ok("decapsulate --key kem.key --ciphertext ct.bin --extractable --out two.key --force");
      const clear = async (name: string) => (await lab.ok(`key export --encoding hex --key ${name}`)).stdout;
      expect(await clear("one.key")).toBe(await clear("two.key"));
    }
  });

  it.each([
    ["sign --key in.key", pkcs8(rsa)],
    ["decrypt --key in.key", pkcs8(rsa) + spki(rsa)],
    ["sign --key in.key", json(jwk(ec.privateKey))],
    ["verify --signature in.key --key in.key", json({ kty: "oct", k: "AAAA" })],
  ])("is refused by %s, which names the command to import it", async (line, content) => {
    lab.write("in.key", content);
    const { code, stderr } = await lab.grep11(line, { stdin: data });
    expect([code, stderr]).toEqual([2, expect.stringContaining("grep11 key import --in in.key --out NAME.key")]);
  });
});

describe.skipIf(!hasTool("openssl", "version"))("files of openssl", () => {
  const openssl = (line: string, input?: Uint8Array) => runTool(lab.folder, "openssl", line, input);

  it("PKCS #12 is refused with a command that works", async () => {
    lab.write("server.pem", certificates.server.key);
    lab.write("server.crt", certificates.server.cert);
    openssl("pkcs12 -export -inkey server.pem -in server.crt -out server.p12 -passout pass:secret");
    const stderr = await refusal(lab.read("server.p12"));
    expect(stderr).toContain("is a PKCS #12 file");
    expect(stderr).toContain("openssl pkcs12 -in in.key -nocerts -nodes | grep11 key import --in - --out NAME.key");
    const clear = openssl("pkcs12 -in server.p12 -nocerts -nodes -passin pass:secret");
    expect(clear.toString()).toContain("Bag Attributes");
    expect((await imported(clear)).equals(crypto.createPrivateKey(certificates.server.key))).toBe(true);
    const all = openssl("pkcs12 -in server.p12 -nodes -passin pass:secret");
    expect((await imported(all)).equals(crypto.createPrivateKey(certificates.server.key))).toBe(true);
  });

  it("PKCS #7 and certificate requests are refused with commands that work", async () => {
    lab.write("server.pem", certificates.server.key);
    lab.write("server.crt", certificates.server.cert);
    const request = openssl("req -new -key server.pem -subj /CN=x");
    expect(await refusal(request)).toContain("openssl req -in in.key -pubkey -noout");
    const key = crypto.createPublicKey(certificates.server.key);
    expect((await imported(openssl("req -pubkey -noout", request))).equals(key)).toBe(true);
    for (const form of ["PEM", "DER"]) {
      const bundle = openssl(`crl2pkcs7 -nocrl -certfile server.crt -outform ${form}`);
      expect(await refusal(bundle)).toContain("openssl pkcs7 -in in.key -print_certs");
    }
  });

  it("EC PARAMETERS before the key are ignored", async () => {
    const pem = openssl("ecparam -name secp384r1 -genkey");
    expect(pem.toString()).toContain("BEGIN EC PARAMETERS");
    expect((await imported(pem)).equals(crypto.createPrivateKey(pem))).toBe(true);
  });

  it.each(["prime256v1", "secp521r1", "brainpoolP384r1"])(
    "explicit parameters of %s are replaced by its name",
    async (curve) => {
      const pem = openssl(`ecparam -name ${curve} -genkey -noout -param_enc explicit`);
      const key = await imported(pem);
      expect(key.asymmetricKeyDetails?.namedCurve).toBe(curve);
      expect(key.export({ format: "der", type: "pkcs8" }).length).toBeLessThan(260);
      const publicPem = openssl("pkey -pubout -ec_param_enc explicit", pem);
      expect((await imported(publicPem)).equals(crypto.createPublicKey(key))).toBe(true);
    },
  );

  it.each([
    ["prime256v1", 32],
    ["secp384r1", 48],
    ["brainpoolP512r1", 64],
  ])("a private key on %s with a compressed point", async (curve, size) => {
    const pem = openssl(`ecparam -name ${curve} -genkey -noout -conv_form compressed`);
    const key = crypto.createPublicKey(await imported(pem));
    expect(key.equals(crypto.createPublicKey(pem))).toBe(true);
    expect(key.export({ format: "der", type: "spki" }).at(-1 - 2 * size)).toBe(4);
  });

  it.each([
    ["an EC key on a curve the HSM lacks", "ecparam -name sect163k1 -genkey -noout", /on the curve sect163k1/],
    ["an RSA key of three primes", "genrsa -primes 3 2048", /more than two primes/],
    ["SM2", "genpkey -algorithm SM2", /SM2/],
  ])("%s is refused", async (_, line, reason) => {
    expect(await refusal(openssl(line))).toMatch(reason);
  });

  it("an RSA key that is restricted to PSS is imported by the commands in the error message", async () => {
    const pss = openssl("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048");
    const { n } = crypto
      .createPrivateKey({
        key: openssl("rsa -traditional -outform DER", pss),
        format: "der",
        type: "pkcs1",
      })
      .export({ format: "jwk" });
    expect((await imported(openssl("rsa -traditional -outform DER", pss))).export({ format: "jwk" }).n).toBe(n);
    const publicPem = openssl("pkey -pubout", pss);
    const plain = await imported(openssl("rsa -pubin -RSAPublicKey_out -outform DER", publicPem));
    expect(plain.export({ format: "jwk" }).n).toBe(n);
  });

  it.each([
    ["pkcs8 -topk8 -v2 aes-256-cbc", true],
    ["pkcs8 -topk8 -scrypt", true],
    ["pkcs8 -topk8 -v2 des3", true],
    ["pkcs8 -topk8 -v1 PBE-SHA1-3DES", true],
    ["pkcs8 -topk8 -v1 PBE-SHA1-RC2-40 -provider legacy -provider default", false],
    ["pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default", false],
  ])("encrypted by openssl %s", async (line, works) => {
    lab.write("clear.pem", pkcs8(rsa));
    lab.write("pass.txt", "x");
    const encrypted = openssl(`${line} -in clear.pem -passout pass:x`);
    if (works) {
      expect((await imported(encrypted, " --passphrase-file pass.txt")).equals(rsa.privateKey)).toBe(true);
    } else {
      const stderr = await refusal(encrypted, " --passphrase-file pass.txt");
      expect(stderr).toContain(
        "openssl pkcs8 -topk8 -v2 aes-256-cbc -provider legacy -provider default -in in.key -out NAME.pem",
      );
    }
  });
});

describe.skipIf(!hasTool("ssh-keygen", "-?"))("files of ssh-keygen", () => {
  const TYPES = ["rsa -b 2048", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "ed25519"];
  let count = 0;
  function sshKey(type: string, passphrase: string, more = ""): { file: string; clear: () => crypto.KeyObject } {
    const file = `id_${++count}`;
    runTool(lab.folder, "ssh-keygen", `-q -t ${type} -N ${passphrase || "''"} -f ${file}${more}`.replace("''", ""));
    // ssh-keygen overwrites the file that it converts, so it gets a copy.
    lab.write(`${file}.copy`, lab.read(file));
    return {
      file,
      clear: () => crypto.createPublicKey(runTool(lab.folder, "ssh-keygen", `-e -m PKCS8 -f ${file}.pub`)),
    };
  }

  it.each(TYPES)("a private key: %s, without and with a passphrase", async (type) => {
    for (const passphrase of ["", "swordfish"]) {
      const { file, clear } = sshKey(type, passphrase);
      lab.write("pass.txt", passphrase);
      const key = await imported(lab.read(file), passphrase === "" ? "" : " --passphrase-file pass.txt");
      const point = type === "ed25519" ? edKey(lab.read(`${file}.pub`)) : clear();
      expect(crypto.createPublicKey(key).equals(point)).toBe(true);
    }
  });

  /**
   * Reads an Ed25519 key from ssh-keygen's own format, because ssh-keygen does not write such keys as PKCS #8. The last 32 bytes
   * are the key (RFC 8709, section 4).
   */
  function edKey(line: Uint8Array): crypto.KeyObject {
    const x = Buffer.from(Buffer.from(line).toString().split(" ")[1]!, "base64").subarray(-32).toString("base64url");
    return crypto.createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  }

  it.each(TYPES)("a public key: %s", async (type) => {
    const { file, clear } = sshKey(type, "");
    const line = lab.read(`${file}.pub`);
    const key = await imported(line);
    expect(key.equals(type === "ed25519" ? edKey(line) : clear())).toBe(true);
    const details = await lab.ok(`key info --offline --json --key ${file}.pub`);
    expect(JSON.parse(details.stdout)).toMatchObject({ class: "CKO_PUBLIC_KEY" });
  });

  it("reports a missing or wrong passphrase, and how to convert a key with another cipher", async () => {
    const { file } = sshKey("ed25519", "swordfish");
    expect(await refusal(lab.read(file))).toContain("in.key is encrypted: give its passphrase with --passphrase-file");
    lab.write("pass.txt", "swordfis");
    expect(await refusal(lab.read(file), " --passphrase-file pass.txt")).toContain(
      "the passphrase for in.key is wrong",
    );
    const { file: other } = sshKey("ecdsa", "swordfish", " -Z aes256-gcm@openssh.com");
    lab.write("pass.txt", "swordfish");
    const stderr = await refusal(lab.read(other), " --passphrase-file pass.txt");
    expect(stderr).toContain("Convert a copy of it: ssh-keygen -p -m PKCS8 -f in.key");
    runTool(lab.folder, "ssh-keygen", `-q -p -m PKCS8 -f ${other} -P swordfish -N swordfish`);
    await imported(lab.read(other), " --passphrase-file pass.txt");
  });
});
