/**
 * Compares our HPACK with the HPACK of node:http2 (nghttp2), with tables whose sizes change. node:http2 encodes
 * requests that we decode. We encode responses and trailers that node:http2 decodes.
 */
import type { ClientHttp2Session } from "node:http2";
import { DEFAULT_LIMITS } from "../src/limits.ts";
import { ServerConnection } from "../src/server-connection.ts";
import { nodeClient, Wire } from "./node-peer.ts";
import { Random } from "./random.ts";

const NAMES = [
  "accept", "accept-encoding", "cache-control", "content-type", "cookie", "date", "etag", "grpc-encoding",
  "grpc-status", "grpc-timeout", "link", "range", "set-cookie", "user-agent", "vary", "via", "x-a", "x-request-id",
] as const; // biome-ignore format: a list
/** Fields that node:http2 does not accept twice in one header list. */
const ONCE: ReadonlySet<string> = new Set(["content-type", "etag", "range", "user-agent", "date"]);
const LENGTHS = [0, 1, 2, 5, 10, 20, 60, 127, 128, 300, 1200];
const TABLE_BYTES = [0, 32, 64, 100, 500, 4096, 8192, 65_536];
/** How many requests are sent over one connection. */
const PER_CONNECTION = 500;
const AT_ONCE = 10;

/** Compares as many header lists as `lists` says. Throws Error for the first list that differs. */
export async function compareWithNode(lists: number, seed: number): Promise<void> {
  const random = new Random(seed);
  for (let left = lists; left > 0; left -= 3 * PER_CONNECTION) {
    await converse(random, Math.min(PER_CONNECTION, Math.ceil(left / 3)));
  }
}

async function converse(random: Random, requests: number): Promise<void> {
  const expected = new Map<string, readonly string[]>();
  const differences: string[] = [];
  const connection: ServerConnection = new ServerConnection(
    {
      output() {},
      request: (stream, head) => ({
        data() {},
        end() {
          const sent = expected.get(head.path)!;
          if (head.fields.join("\n") !== sent.join("\n")) {
            differences.push(`node encoded ${JSON.stringify(sent)}, we decoded ${JSON.stringify(head.fields)}`);
          }
          const [response, trailers] = [randomFields(random), ["x-last", "1", ...randomFields(random)]];
          expected.set(`response ${head.path}`, response);
          expected.set(`trailers ${head.path}`, trailers);
          stream.respond([":status", random.of(["200", "404", "418"]), ...response]);
          stream.end(undefined, trailers);
        },
        closed() {},
      }),
    },
    { headerTableBytes: random.of(TABLE_BYTES), budget: { ...DEFAULT_LIMITS.budget, perStream: 1000, most: 1e9 } },
  );
  const wire = new Wire(() => connection);
  connection.start();
  const session = nodeClient(wire, { headerTableSize: random.of(TABLE_BYTES) });
  wire.flush();
  for (let sent = 0; sent < requests; sent += AT_ONCE) {
    if (random.below(3) === 0) session.settings({ headerTableSize: random.of(TABLE_BYTES) });
    if (random.below(3) === 0) session.settings({ headerTableSize: random.of(TABLE_BYTES) });
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, at) => exchange(session, `/${sent + at}`, random, expected, differences)),
    );
    if (connection.failure !== undefined) throw connection.failure;
    if (differences.length > 0) throw new Error(differences[0]);
  }
  session.destroy();
}

function exchange(
  session: ClientHttp2Session,
  path: string,
  random: Random,
  expected: Map<string, readonly string[]>,
  differences: string[],
): Promise<void> {
  const fields = randomFields(random);
  expected.set(path, fields);
  const raw = [":method", "POST", ":scheme", "http", ":path", path, ":authority", "host", ...fields];
  return new Promise((resolve, reject) => {
    // node:http2 accepts an array, which can have repeated names, but its types do not declare that yet.
    const stream = session.request(raw as unknown as Record<string, string>, { endStream: true });
    const compare = (what: string, got: readonly string[]) => {
      const sent = expected.get(`${what} ${path}`)!;
      if (got.join("\n") !== sent.join("\n")) {
        differences.push(`we encoded ${JSON.stringify(sent)}, node decoded ${JSON.stringify(got)}`);
      }
    };
    stream.on("response", (_headers, _flags, rawHeaders: string[]) => compare("response", rawHeaders.slice(2)));
    stream.on("trailers", (_headers, _flags, rawHeaders: string[]) => compare("trailers", rawHeaders));
    stream.on("error", reject);
    stream.on("close", resolve);
    stream.resume();
  });
}

/** Returns alternating names and values, many of which occur in several calls. */
function randomFields(random: Random): string[] {
  const fields: string[] = [];
  const seen = new Set<string>();
  for (let count = random.below(12); count > 0; count--) {
    const name = random.below(4) === 0 ? `x-${random.below(1000)}` : random.of(NAMES);
    if (ONCE.has(name) && seen.has(name)) continue;
    seen.add(name);
    fields.push(name, random.below(2) === 0 ? `v${random.below(5)}` : randomValue(random));
  }
  return fields;
}

/** Returns a random value with allowed characters. It has no spaces at its ends, and only few unusual characters. */
function randomValue(random: Random): string {
  const length = random.of(LENGTHS);
  const isText = random.below(4) > 0;
  const codes = Array.from({ length }, () => (isText ? 0x21 + random.below(0x5e) : random.of(RARE)));
  return String.fromCharCode(...codes);
}

const RARE = Array.from({ length: 256 }, (_, code) => code).filter((code) => code > 0x20 && code !== 0x7f);
