/**
 * The configuration of grep11-server as one schema: checked by it, defaulted by it, documented from it
 * (docs/configuration.md). `logging` and `ep11crypto` have the shape of IBM's on-premises ep11server, so that its file
 * can be used as it is; what is ours stands under `grep11`.
 */
import { isIP } from "node:net";
import * as ck from "@grep11/cryptoki";
import { z } from "zod";

/** Longer than this no timer of Node runs, jitter included. */
const LONGEST_MS = 20 * 24 * 3_600_000;

/** Seconds, as a number or as text such as "30", "30s" or "5m"; the value is in milliseconds. */
const duration = z
  .union([
    z.number().positive(),
    z.string().regex(/^0*[1-9]\d*(ms|s|m|h)?$/, "expected seconds, or a number with ms, s, m or h"),
  ])
  .transform((value) => {
    if (typeof value === "number") return value * 1000;
    const [, count, unit = "s"] = /^(\d+)(ms|s|m|h)?$/.exec(value) ?? [];
    return Number(count) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as "ms" | "s" | "m" | "h"];
  })
  .refine((ms) => ms <= LONGEST_MS, "expected at most 20 days");

/** A whole number from 1 to `max`. */
const count = (max: number) => z.number().int().min(1).max(max);

const port = z.number().int().min(0).max(65535);
const path = z.string().min(1);

/** Addresses and host names, with commas between them; IPv6 may be in brackets, which the value does not have. */
const addresses = z
  .string()
  .default("127.0.0.1")
  .transform((text, context) =>
    text.split(",").map((word) => {
      const host = word.trim().replace(/^\[(.*)\]$/, "$1");
      if (isIP(host) !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(host)) return host;
      context.addIssue({
        code: "custom",
        message: "expected an IP address or a host name, without a port, or several with commas",
      });
      return z.NEVER;
    }),
  );

/**
 * Domains of cards, each as adapter.domain in hexadecimal digits: IBM's file separates several by commas and leaves out
 * leading zeros. The value has two and four digits each, such as ["01.00a9", "0c.0010"].
 */
const domains = z
  .string()
  .default("00.0000")
  .transform((text, context) =>
    text.split(",").map((word) => {
      const [, adapter, domain] = /^([0-9a-f]{1,2})\.([0-9a-f]{1,4})$/i.exec(word.trim()) ?? [];
      if (adapter !== undefined && domain !== undefined)
        return `${adapter.padStart(2, "0")}.${domain.padStart(4, "0")}`.toLowerCase();
      context.addIssue({
        code: "custom",
        message: 'expected adapter.domain, such as "0a.0014", or several with commas',
      });
      return z.NEVER;
    }),
  );

/** Number of a control point, from its name with or without XCP_CPB_. */
const controlPoint = z.string().transform((name, context) => {
  const number = ck.xcpCpbNumber(name);
  if (number !== undefined && ck.xcpCpbName(number).endsWith(name)) return number;
  context.addIssue({ code: "custom", message: "expected the name of a control point, such as XCP_CPB_ALG_DSA" });
  return z.NEVER;
});

const policyName = z.enum(["hpcs", "strict"]);

/** A named policy, and the control points that differ from it. */
const policy = z.union(
  [
    policyName.transform((base) => ({ base, on: [] as number[], off: [] as number[] })),
    z.strictObject({
      base: policyName.default("hpcs"),
      on: z.array(controlPoint).default([]),
      off: z.array(controlPoint).default([]),
    }),
  ],
  "expected hpcs, strict, or base, on and off",
);

const tls = z
  .strictObject({
    enabled: z.boolean().default(false).describe("TLS 1.2 and 1.3 instead of plaintext"),
    certfile: path.optional().describe("PEM file of the server certificate, followed by its chain"),
    keyfile: path.optional().describe("PEM file of the server's private key (mode 0600)"),
    certfilebytes: path.optional().describe("the server certificate itself: PEM, or base64 of PEM"),
    keyfilebytes: path.optional().describe("the private key itself: PEM, or base64 of PEM"),
    mutual: z.boolean().default(false).describe("clients must show a certificate that chains to cacert"),
    cacert: path.optional().describe("PEM file of the CAs that clients' certificates must chain to"),
    cacertbytes: path.optional().describe("these CAs themselves: PEM, or base64 of PEM"),
  })
  .superRefine((value, context) => {
    const requireOne = (
      file: "certfile" | "keyfile" | "cacert",
      bytes: "certfilebytes" | "keyfilebytes" | "cacertbytes",
    ) => {
      if ((value[file] === undefined) === (value[bytes] === undefined))
        context.addIssue({ code: "custom", path: [file], message: `exactly one of ${file} and ${bytes} is needed` });
    };
    if (value.mutual && !value.enabled)
      context.addIssue({ code: "custom", path: ["mutual"], message: "needs tls.enabled: true" });
    if (!value.enabled) return;
    requireOne("certfile", "certfilebytes");
    requireOne("keyfile", "keyfilebytes");
    if (value.mutual) requireOne("cacert", "cacertbytes");
  });

const bearerToken = z.strictObject({
  principal: z.string().min(1).describe("who the token stands for, in logs and in shares of bounded resources"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits")
    .describe("SHA-256 of the token; the token itself never stands in a file of the server"),
});

/** The whole file. */
export const configSchema = z.strictObject({
  logging: z
    .strictObject({
      levels: z
        .strictObject({
          entry: z
            .enum(["trace", "debug", "info", "warning", "warn", "error", "fatal", "panic", "silent"])
            .default("info")
            .transform((level) => (level === "panic" ? "fatal" : level))
            .describe("least level that is logged, as JSON lines on stderr"),
        })
        .prefault({}),
    })
    .prefault({}),
  ep11crypto: z
    .strictObject({
      enabled: z.boolean().default(true).describe("false: nothing to serve, the program refuses to start"),
      connection: z
        .strictObject({
          address: addresses.describe(
            "address or host name to listen on, or several with commas; 0.0.0.0 for all of IPv4, :: for all",
          ),
          port: port.default(9876).describe("port to listen on; 0 for any free one"),
          tls: tls.prefault({}),
          keepalive: z
            .strictObject({
              serverKeepaliveTime: duration.prefault(30).describe("ping an idle HTTP/2 connection this often"),
              serverKeepaliveTimeout: duration.prefault(5).describe("close it when a ping is not answered within this"),
            })
            .prefault({}),
        })
        .prefault({}),
      domain: domains.describe(
        "adapter.domain of the card that this service replaces, or several with commas; only logged, in every line",
      ),
    })
    .prefault({}),
  grep11: z
    .strictObject({
      keyring: z
        .strictObject({
          file: path.default("./.grep11/keyring.g11").describe("sealed file with the master keys"),
          keyfile: path.optional().describe("32-byte key that opens it (mode 0600)"),
          passphrasefile: path.optional().describe("file with the passphrase that opens it (mode 0600)"),
        })
        .refine((value) => value.keyfile === undefined || value.passphrasefile === undefined, {
          path: ["passphrasefile"],
          message: "give keyfile or passphrasefile, not both",
        })
        .prefault({}),
      allowGroupReadableSecrets: z
        .boolean()
        .default(false)
        .describe(
          "keyring, its key and TLS keys may be readable by a group of this process and belong to root, as files of a Kubernetes Secret do (mode 0440, fsGroup)",
        ),
      policy: policy.prefault("hpcs").describe("set of control points: a name, or a named one with changes"),
      mechanisms: z.enum(["all", "ibm"]).default("all").describe("ibm: hide the PKCS #11 3.x mechanisms IBM has not"),
      blsSuite: z
        .enum(["possession", "basic"])
        .default("possession")
        .describe("suite of BLS signatures: with proofs of possession (Ethereum's), or the basic one"),
      bearer: z
        .strictObject({
          required: z.boolean().default(false).describe("every call needs a token of the list below"),
          tokens: z.array(bearerToken).default([]).describe("accepted tokens"),
        })
        .refine((value) => !value.required || value.tokens.length > 0, {
          path: ["tokens"],
          message: "is empty, so that required would refuse every call",
        })
        .prefault({}),
      clientCertificates: z
        .strictObject({
          requireUsage: z
            .boolean()
            .default(true)
            .describe(
              "a client certificate must name clientAuth as an extended key usage; false: one without any extended key usage is accepted too, such as plain `openssl x509 -req` makes",
            ),
        })
        .prefault({}),
      limits: z
        .strictObject({
          maxDataMiB: count(64).default(4).describe("longest message of a call that carries data"),
          maxJsonKiB: z
            .union([z.literal(false), count(65_536)])
            .default(128)
            .describe(
              "longest message in JSON, which takes many times the time and memory of binary protobuf; false: no JSON is accepted",
            ),
          callTimeout: duration
            .prefault(90)
            .describe("longest time for one call, when the client sets no shorter deadline"),
          failuresPerMinute: z
            .union([z.literal(false), count(1_000_000)])
            .default(1000)
            .describe(
              "decryptions, unwrapped keys and MACs of one caller with one key that may fail within a minute, divided among the processes; after that this caller's calls with this key fail with CKR_DEVICE_MEMORY, to be tried again in the next minute; other keys and callers go on; false: no limit",
            ),
          bodyTimeout: duration
            .prefault(30)
            .describe("longest time for a request to arrive, and for its response to be read"),
          maxPendingMiB: count(65_536)
            .default(256)
            .describe(
              "requests that a process reads or works on at once, at least twice maxDataMiB; half of it for one caller; beyond that calls are answered CKR_DEVICE_MEMORY, to be tried again",
            ),
          maxConnections: count(100_000)
            .default(1000)
            .describe(
              "connections to a process; one more takes the place of one without an admitted call, or without a call for 30 seconds, and is closed at once when there is none",
            ),
          maxConnectionsPerAddress: count(100_000)
            .optional()
            .describe(
              "connections to a process from one IPv4 address or IPv6 /64; absent: half of maxConnections; raise it where all clients come by one proxy or balancer",
            ),
          maxConnectionIdle: duration
            .prefault(300)
            .describe("connections without an admitted call for this long are closed; health checks are none"),
          maxConnectionAge: duration
            .optional()
            .describe(
              "after about this time clients are asked to connect anew, so that they spread over all servers behind a balancer; absent: never",
            ),
        })
        .prefault({}),
      cors: z
        .strictObject({
          allowedOrigins: z
            .array(z.string().min(1))
            .default([])
            .describe('origins browsers may call from; "*" for all'),
        })
        .prefault({}),
      keyCache: z
        .strictObject({
          enabled: z
            .boolean()
            .default(true)
            .describe("keep opened keys for a while; false: nothing of a key outlives its call, calls cost more"),
          maxKeys: count(1_000_000).default(4096).describe("most keys held open"),
          maxMiB: count(4096).default(16).describe("most of their blobs, which is about the memory that they take"),
          maxAge: duration.prefault("5m").describe("how long an opened key is used; forgotten within twice that time"),
        })
        .prefault({}),
      stateLifetime: duration
        .prefault("1h")
        .describe("how long the state of a multi-part operation may travel; five minutes more for clocks that differ"),
      workers: z
        .strictObject({
          threads: count(256)
            .optional()
            .describe(
              "threads of a process for work that takes long, all but one of which one caller may use at a time, and its part of them while others have work too; absent: one more than there are cores",
            ),
          generationThreads: count(256)
            .optional()
            .describe("threads of a process that make keys; absent: half of the cores, at least one"),
          queue: count(100_000)
            .default(256)
            .describe(
              "calls that may wait for either, half of them from one caller; callers take turns; more calls are refused with CKR_DEVICE_MEMORY, to be tried again",
            ),
          maxWait: duration
            .prefault(1)
            .describe(
              "a call that would wait longer than this for a thread, and longer than 30 times what it takes itself, is refused at once with CKR_DEVICE_MEMORY, to be tried again; calls that make keys are not",
            ),
          generationsPerPrincipal: count(256).default(1).describe("keys that are made for one caller at once"),
          queuePerPrincipal: count(100_000).default(4).describe("keys that one caller may wait for"),
        })
        .prefault({}),
      processes: z
        .union([z.literal("auto"), z.number().int().min(1).max(64)])
        .default(1)
        .describe("processes that share the port; auto: one per core"),
      drain: duration.prefault(10).describe("how long calls may go on after SIGTERM"),
    })
    .prefault({}),
});

/** A checked configuration with all defaults filled in. Durations are in milliseconds. */
export type Config = z.output<typeof configSchema>;
