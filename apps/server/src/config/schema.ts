/**
 * Defines the schema of the configuration, which validates it and fills in defaults. docs/configuration.md is generated from it.
 * `logging` and `ep11crypto` have the structure of IBM's on-premises ep11server. Our own settings are under `grep11`.
 */
import { isIP } from "node:net";
import * as ck from "@grep11/cryptoki";
import { withoutBrackets } from "@grep11/encoding";
import { z } from "zod";

/** Maximum duration in milliseconds. Node's timers accept at most 24.8 days, and jitter can be added to the duration. */
const LONGEST_MS = 20 * 24 * 3_600_000;

/** A duration: a number of seconds, or text such as "30", "30s" or "5m". It is converted to milliseconds. */
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

/** Returns the schema of a whole number from 1 to `max`. */
const whole = (max: number) => z.number().int().min(1).max(max);

const count = (max: number, otherwise: number) => whole(max).default(otherwise);
const countOrFalse = (max: number, otherwise: number) => z.union([z.literal(false), whole(max)]).default(otherwise);
const optionalCount = (max: number) => whole(max).optional();
const time = (otherwise: number | string) => duration.prefault(otherwise);
const flag = (otherwise: boolean) => z.boolean().default(otherwise);

/** Returns the schema of a mapping. If the mapping is absent, all its settings have their defaults. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as z.input<z.ZodObject<Shape>>);

const port = z.number().int().min(0).max(65535);
const path = z.string().min(1);

/** Comma-separated addresses and host names. Brackets around IPv6 addresses are removed. */
const addresses = z
  .string()
  .default("127.0.0.1")
  .transform((text, context) =>
    text.split(",").map((item) => {
      const host = withoutBrackets(item.trim());
      if (isIP(host) !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(host)) return host;
      const message = "expected IP addresses or host names without a port, separated by commas";
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }),
  );

/**
 * Comma-separated domains of crypto cards. Each has the form adapter.domain, in hexadecimal. Missing leading zeros are
 * added: "1.a9" becomes "01.00a9".
 */
const domains = z
  .string()
  .default("00.0000")
  .transform((text, context) =>
    text.split(",").map((item) => {
      const [, adapter, domain] = /^([0-9a-f]{1,2})\.([0-9a-f]{1,4})$/i.exec(item.trim()) ?? [];
      if (adapter !== undefined && domain !== undefined)
        return `${adapter.padStart(2, "0")}.${domain.padStart(4, "0")}`.toLowerCase();
      const message = 'expected adapter.domain such as "0a.0014", several separated by commas';
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }),
  );

/** The name of a control point, with or without XCP_CPB_. It is converted to the number. */
const controlPoint = z.string().transform((name, context) => {
  const number = ck.xcpCpbNumber(name);
  if (number !== undefined && ck.xcpCpbName(number).endsWith(name)) return number;
  context.addIssue({ code: "custom", message: "expected the name of a control point, such as XCP_CPB_ALG_DSA" });
  return z.NEVER;
});

const policyName = z.enum(["hpcs", "strict"]);

/** The name of a policy, or a named policy with control points that differ from it. */
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
    enabled: flag(false).describe("TLS 1.2 and 1.3 instead of plaintext"),
    certfile: path.optional().describe("PEM file of the server certificate, followed by its chain"),
    keyfile: path.optional().describe("PEM file of the server's private key (mode 0600)"),
    certfilebytes: path.optional().describe("the server certificate inline: PEM, or base64 of PEM"),
    keyfilebytes: path.optional().describe("the private key inline: PEM, or base64 of PEM"),
    mutual: flag(false).describe("clients must present a certificate that chains to cacert"),
    cacert: path.optional().describe("PEM file of the CAs that clients' certificates must chain to"),
    cacertbytes: path.optional().describe("these CAs inline: PEM, or base64 of PEM"),
  })
  .superRefine((value, context) => {
    const requireOne = (file: "certfile" | "keyfile" | "cacert") => {
      const bytes = `${file}bytes` as const;
      if ((value[file] === undefined) === (value[bytes] === undefined))
        context.addIssue({ code: "custom", path: [file], message: `exactly one of ${file} and ${bytes} is needed` });
    };
    if (value.mutual && !value.enabled)
      context.addIssue({ code: "custom", path: ["mutual"], message: "needs tls.enabled: true" });
    if (!value.enabled) return;
    requireOne("certfile");
    requireOne("keyfile");
    if (value.mutual) requireOne("cacert");
  });

const bearerToken = z.strictObject({
  principal: z.string().min(1).describe("name of the caller, for logs and per-caller limits"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits")
    .describe("SHA-256 of the token; the token itself is never stored on the server"),
});

export const configSchema = z.strictObject({
  logging: section({
    levels: section({
      entry: z
        .enum(["trace", "debug", "info", "warning", "warn", "error", "fatal", "panic", "silent"])
        .default("info")
        .transform((level) => (level === "panic" ? "fatal" : level))
        .describe("lowest level that is logged, as JSON lines on stderr"),
    }),
  }),
  ep11crypto: section({
    enabled: flag(true).describe("false: there is nothing to serve, and the program does not start"),
    connection: section({
      address: addresses.describe(
        "address or host name to listen on, or several separated by commas; 0.0.0.0 for all IPv4 addresses, :: for all addresses",
      ),
      port: port.default(9876).describe("port to listen on; 0 for any free one"),
      tls: tls.prefault({}),
      keepalive: section({
        serverKeepaliveTime: time(30).describe("ping an idle HTTP/2 connection this often"),
        serverKeepaliveTimeout: time(5).describe("close the connection if a ping is not acknowledged within this time"),
      }),
    }),
    domain: domains.describe(
      "adapter.domain of the card that this service replaces, or several separated by commas; used only in log lines",
    ),
  }),
  grep11: section({
    keyring: section({
      file: path.default("./.grep11/keyring.g11").describe("sealed file with the master keys"),
      keyfile: path.optional().describe("32-byte key that opens it (mode 0600)"),
      passphrasefile: path.optional().describe("file with the passphrase that opens it (mode 0600)"),
    }).refine((value) => value.keyfile === undefined || value.passphrasefile === undefined, {
      path: ["passphrasefile"],
      message: "give keyfile or passphrasefile, not both",
    }),
    allowGroupReadableSecrets: flag(false).describe(
      "the keyring, its key and TLS keys may be owned by root and readable by a group of this process, like the files of a Kubernetes Secret (mode 0440, fsGroup)",
    ),
    policy: policy.prefault("hpcs").describe("set of control points: a policy name, or a named policy with changes"),
    mechanisms: z
      .enum(["all", "ibm"])
      .default("all")
      .describe("ibm: hide the standard PKCS #11 3.x mechanisms that IBM's cards lack"),
    blsSuite: z
      .enum(["possession", "basic"])
      .default("possession")
      .describe("BLS signature suite: possession (with proofs of possession, as in Ethereum) or basic"),
    bearer: section({
      required: flag(false).describe("every call must carry one of the listed tokens"),
      tokens: z.array(bearerToken).default([]).describe("accepted tokens"),
    }).refine((value) => !value.required || value.tokens.length > 0, {
      path: ["tokens"],
      message: "is empty, so required would refuse every call",
    }),
    clientCertificates: section({
      requireUsage: flag(true).describe(
        "client certificates must have the extended key usage clientAuth; false: certificates without any extended key usage are accepted too, such as those that plain `openssl x509 -req` issues",
      ),
    }),
    limits: section({
      maxDataMiB: count(64, 4).describe("largest message of a call that carries data"),
      maxJsonKiB: countOrFalse(65_536, 1024).describe(
        "largest JSON message, of which at most 128 KiB may be anything other than long base64 strings; JSON takes several times the memory of binary protobuf; false: JSON is not accepted",
      ),
      callTimeout: time(90).describe("longest duration of a call, unless the client sets a shorter deadline"),
      failuresPerMinute: countOrFalse(1_000_000, 1000).describe(
        "failed decryptions, key unwraps and MAC verifications allowed per minute for one caller and one key, divided among the processes; beyond that, the caller's calls with this key fail with CKR_DEVICE_MEMORY until the next minute, while other keys and callers are unaffected; false: no limit",
      ),
      bodyTimeout: time(30).describe("longest time for a request to arrive, and for its response to be read"),
      maxPendingMiB: count(65_536, 256).describe(
        "total size of the requests that a process reads or works on at once, at least twice maxDataMiB; one caller may use half of it; calls beyond that fail with CKR_DEVICE_MEMORY and can be retried",
      ),
      maxConnections: count(100_000, 1000).describe(
        "connections to a process; when all are in use, a new one replaces one that has had no admitted call, or no call for 30 seconds; if there is none, it is closed at once",
      ),
      maxConnectionsPerAddress: optionalCount(100_000).describe(
        "connections to a process from one IPv4 address or IPv6 /64; absent: half of maxConnections; raise it if all clients connect through one proxy or load balancer",
      ),
      maxConnectionIdle: time(300).describe(
        "connections without an admitted call for this long are closed; health checks do not count",
      ),
      maxConnectionAge: duration
        .optional()
        .describe(
          "after about this time clients are asked to reconnect, which spreads them over all servers behind a load balancer; absent: never",
        ),
    }),
    http2: z
      .enum(["own", "node"])
      .default("own")
      .describe(
        "which HTTP/2 layer serves calls: that of this project, or that of Node, which costs several times as much",
      ),
    cors: section({
      allowedOrigins: z
        .array(z.string().min(1))
        .default([])
        .describe('origins that browsers may call from; "*" for all'),
    }),
    keyCache: section({
      enabled: flag(true).describe(
        "keep opened keys in memory for a while; false: no key stays in memory after its call, and calls take longer",
      ),
      maxKeys: count(1_000_000, 4096).describe("maximum number of opened keys"),
      maxMiB: count(4096, 16).describe("maximum total size of their blobs, which is about the memory they take"),
      maxAge: time("5m").describe("how long an opened key is used; it leaves memory within twice that time"),
    }),
    stateLifetime: time("1h").describe(
      "how long the state of a multi-part operation stays valid; five minutes are added for clock differences",
    ),
    workers: section({
      threads: optionalCount(256).describe(
        "threads per process for long-running work; one caller may use all but one at a time, and only its share while others have work too; absent: one more than there are cores",
      ),
      generationThreads: optionalCount(256).describe(
        "threads per process that generate keys; absent: half the number of cores, at least one",
      ),
      queue: count(100_000, 256).describe(
        "calls that may wait for either kind of thread, half of them from one caller; callers take turns; further calls fail with CKR_DEVICE_MEMORY and can be retried",
      ),
      maxWait: time(1).describe(
        "a call that would wait for a thread longer than this, and longer than 30 times its own duration, fails at once with CKR_DEVICE_MEMORY and can be retried; key generation is exempt",
      ),
      generationsPerPrincipal: count(256, 1).describe("keys generated at once for one caller"),
      queuePerPrincipal: count(100_000, 4).describe("key generations that may wait for one caller"),
    }),
    processes: z
      .union([z.literal("auto"), z.number().int().min(1).max(64)])
      .default(1)
      .describe("processes that share the port; auto: one per core"),
    drain: time(10).describe("how long running calls may continue after SIGTERM"),
  }),
});

/** A valid configuration, with all defaults. Durations are in milliseconds. */
export type Config = z.output<typeof configSchema>;
