/** Tests which requests, responses and trailers are malformed (RFC 9113, section 8), on clients and servers. */
import { describe, expect, test } from "vitest";
import { block, data, END_HEADERS, END_STREAM, headers, verdict } from "../test/frames.ts";
import { REQUEST, RESPONSE, TestClient, TestServer } from "../test/peers.ts";

const METHOD = [":method", "GET"];
const SCHEME = [":scheme", "https"];
const PATH = [":path", "/"];
const AUTHORITY = [":authority", "host"];
const PSEUDO = [...METHOD, ...SCHEME, ...PATH];

const REQUESTS: readonly (readonly [title: string, fields: readonly string[], isValid: boolean])[] = [
  ["the least", PSEUDO, true],
  ["pseudo-fields in another order", [...PATH, ...AUTHORITY, ...METHOD, ...SCHEME], true],
  ["with fields", [...PSEUDO, ...AUTHORITY, "te", "trailers", "x-a", "", "x-a", "b c", "cookie", "a=b"], true],
  ["bytes above 127 in a value", [...PSEUDO, "x-a", "\x80\xff"], true],
  ["every character of a name", [...PSEUDO, "!#$%&'*+-.^_`|~09az", "x"], true],
  ["a query", [...METHOD, ...SCHEME, ":path", "/a?b=%20"], true],
  ["OPTIONS *", [":method", "OPTIONS", ...SCHEME, ":path", "*"], true],
  ["CONNECT", [":method", "CONNECT", ":authority", "host:443"], true],
  ["host beside the same authority", [...PSEUDO, ...AUTHORITY, "host", "HOST"], true],
  ["nothing", [], false],
  ["no method", [...SCHEME, ...PATH], false],
  ["no scheme", [...METHOD, ...PATH], false],
  ["no path", [...METHOD, ...SCHEME], false],
  ["an empty path", [...METHOD, ...SCHEME, ":path", ""], false],
  ["a path without a leading slash", [...METHOD, ...SCHEME, ":path", "a"], false],
  ["a space in the path", [...METHOD, ...SCHEME, ":path", "/a b"], false],
  ["a fragment", [...METHOD, ...SCHEME, ":path", "/a#b"], false],
  ["an empty method", [":method", "", ...SCHEME, ...PATH], false],
  ["a space in the method", [":method", "GET /", ...SCHEME, ...PATH], false],
  ["an empty scheme", [...METHOD, ":scheme", "", ...PATH], false],
  ["two methods", [...PSEUDO, ...METHOD], false],
  ["two schemes", [...PSEUDO, ...SCHEME], false],
  ["two paths", [...PSEUDO, ...PATH], false],
  ["two authorities", [...PSEUDO, ...AUTHORITY, ...AUTHORITY], false],
  ["user information in the authority", [...PSEUDO, ":authority", "a:b@host"], false],
  ["a space in the authority", [...PSEUDO, ":authority", "a b"], false],
  ["CONNECT without authority", [":method", "CONNECT"], false],
  ["CONNECT with a path", [":method", "CONNECT", ...AUTHORITY, ...PATH], false],
  ["CONNECT with a scheme", [":method", "CONNECT", ...AUTHORITY, ...SCHEME], false],
  ["an unknown pseudo-field", [...PSEUDO, ":protocol", "websocket"], false],
  ["a pseudo-field of responses", [...PSEUDO, ":status", "200"], false],
  ["a pseudo-field after a field", [...METHOD, ...SCHEME, "x-a", "b", ...PATH], false],
  ["a capital in a name", [...PSEUDO, "X-a", "b"], false],
  ["an empty name", [...PSEUDO, "", "b"], false],
  ["a colon within a name", [...PSEUDO, "x:a", "b"], false],
  ["a space in a name", [...PSEUDO, "x a", "b"], false],
  ["a byte above 127 in a name", [...PSEUDO, "x\x80", "b"], false],
  ["CR in a value", [...PSEUDO, "x-a", "b\rc"], false],
  ["LF in a value", [...PSEUDO, "x-a", "b\nc: d"], false],
  ["NUL in a value", [...PSEUDO, "x-a", "b\0"], false],
  ["a space before a value", [...PSEUDO, "x-a", " b"], false],
  ["a tab after a value", [...PSEUDO, "x-a", "b\t"], false],
  ["CR and LF in the path", [...METHOD, ...SCHEME, ":path", "/\r\n"], false],
  ["connection", [...PSEUDO, "connection", "keep-alive"], false],
  ["keep-alive", [...PSEUDO, "keep-alive", "timeout=5"], false],
  ["proxy-connection", [...PSEUDO, "proxy-connection", "close"], false],
  ["transfer-encoding", [...PSEUDO, "transfer-encoding", "chunked"], false],
  ["upgrade", [...PSEUDO, "upgrade", "h2c"], false],
  ["te other than trailers", [...PSEUDO, "te", "trailers, deflate"], false],
  ["two hosts", [...PSEUDO, "host", "a", "host", "a"], false],
  ["host and another authority", [...PSEUDO, ...AUTHORITY, "host", "other"], false],
  ["a content-length that is no number", [...PSEUDO, "content-length", "+1"], false],
  ["a content-length of many digits", [...PSEUDO, "content-length", "1".repeat(16)], false],
  ["a list of content-lengths", [...PSEUDO, "content-length", "1, 1"], false],
  ["two content-lengths that differ", [...PSEUDO, "content-length", "1", "content-length", "2"], false],
  ["the same content-length twice", [...PSEUDO, "content-length", "1", "content-length", "1"], true],
];

describe("requests", () => {
  test.each(REQUESTS)("%s", (_title, fields, isValid) => {
    const peer = TestClient.ready();
    expect(verdict(peer.send(headers(1, block(...fields))))).toBe(isValid ? "fine" : "stream 1 PROTOCOL_ERROR");
    expect(peer.heard).toEqual([isValid ? "1 request" : "refused PROTOCOL_ERROR"]);
    // The connection remains usable.
    peer.send(headers(3, REQUEST));
    expect(peer.heard.at(-1)).toBe("3 request");
  });

  test("what a handler gets", () => {
    const peer = TestClient.ready();
    peer.send(headers(1, block(...PSEUDO, ...AUTHORITY, "x-a", "1", "content-length", "7")));
    peer.send(headers(3, block(...PSEUDO, "host", "other")));
    peer.send(headers(5, block(...PSEUDO)));
    expect(peer.heads.get(1)).toEqual({
      method: "GET",
      scheme: "https",
      path: "/",
      authority: "host",
      fields: ["x-a", "1", "content-length", "7"],
      contentLength: 7,
    });
    expect([peer.heads.get(3)?.authority, peer.heads.get(5)?.authority]).toEqual(["other", undefined]);
  });
});

const RESPONSES: readonly (readonly [title: string, fields: readonly string[], isValid: boolean])[] = [
  ["the least", [":status", "200"], true],
  ["with fields", [":status", "404", "content-type", "text/plain", "x-a", ""], true],
  ["nothing", [], false],
  ["no status", ["x-a", "b"], false],
  ["a status after a field", ["x-a", "b", ":status", "200"], false],
  ["two statuses", [":status", "200", ":status", "200"], false],
  ["a status of two digits", [":status", "20"], false],
  ["a status of four digits", [":status", "2000"], false],
  ["a status that does not exist", [":status", "600"], false],
  ["101", [":status", "101"], false],
  ["a pseudo-field of requests", [":status", "200", ":path", "/"], false],
  ["a capital in a name", [":status", "200", "X", "b"], false],
  ["connection", [":status", "200", "connection", "close"], false],
  ["LF in a value", [":status", "200", "x", "a\nb"], false],
];

describe("responses", () => {
  test.each(RESPONSES)("%s", (_title, fields, isValid) => {
    const peer = TestServer.ready();
    peer.request();
    peer.take();
    expect(verdict(peer.send(headers(1, block(...fields))))).toBe(isValid ? "fine" : "stream 1 PROTOCOL_ERROR");
  });

  test("an interim response does not end the stream", () => {
    const peer = TestServer.ready();
    peer.request();
    peer.take();
    const interim = headers(1, block(":status", "100"), END_HEADERS | END_STREAM);
    expect(verdict(peer.send(interim))).toBe("stream 1 PROTOCOL_ERROR");
  });

  test.each([
    ["204", "POST", "204"],
    ["304", "GET", "304"],
    ["HEAD", "HEAD", "200"],
  ])("a content-length without a body: %s", (_title, method, status) => {
    const peer = TestServer.ready();
    peer.request([":method", method, ...SCHEME, ...PATH], true);
    peer.take();
    const head = block(":status", status, "content-length", "5");
    expect(peer.says(headers(1, head, END_HEADERS | END_STREAM))).toEqual([]);
    expect(peer.heard.at(-1)).toBe("1 closed");
  });
});

const ENDS = [
  ["server", () => TestClient.ready(), REQUEST],
  ["client", () => TestServer.ready(), RESPONSE],
] as const;

describe.each(ENDS)("%s", (end, create, head) => {
  test.each([
    ["an empty list", [], true],
    ["a field", ["grpc-status", "0"], true],
    ["a pseudo-field", [":path", "/"], false],
    ["a capital in a name", ["Grpc-status", "0"], false],
    ["connection", ["connection", "close"], false],
  ] as const)("trailers: %s", (_title, fields, isValid) => {
    const peer = create();
    peer.begin(1);
    const trailers = headers(1, block(...fields), END_HEADERS | END_STREAM);
    expect(verdict(peer.send(data(1, [1]), trailers))).toBe(isValid ? "fine" : "stream 1 PROTOCOL_ERROR");
    if (isValid) expect(peer.heard.at(-1)).toBe(`1 end ${fields.join(",")}`);
  });

  test("trailers end the stream", () => {
    const peer = create();
    peer.begin(1);
    expect(verdict(peer.send(headers(1, block("x", "y"))))).toBe("stream 1 PROTOCOL_ERROR");
  });

  const lengths: readonly (readonly [title: string, frames: readonly Uint8Array[], isValid: boolean])[] = [
    ["as said", [data(1, [1, 2]), data(1, [3, 4, 5], END_STREAM)], true],
    ["as said, with trailers", [data(1, [1, 2, 3, 4, 5]), headers(1, [], END_HEADERS | END_STREAM)], true],
    ["as said, without padding", [data(1, [9, 1, 2, 3, 4, 5, ...new Uint8Array(9)], 8 | END_STREAM)], true],
    ["less", [data(1, [1, 2, 3, 4], END_STREAM)], false],
    ["less, with trailers", [data(1, [1, 2]), headers(1, [], END_HEADERS | END_STREAM)], false],
    ["nothing", [data(1, [], END_STREAM)], false],
    ["more", [data(1, [1, 2, 3, 4, 5, 6], END_STREAM)], false],
    ["more in several frames", [data(1, [1, 2, 3]), data(1, [4, 5, 6])], false],
  ];

  test.each(lengths)("a body of content-length 5: %s", (_title, frames, isValid) => {
    const peer = create();
    if (peer instanceof TestServer) peer.request();
    peer.take();
    peer.send(headers(1, Uint8Array.from([...head, ...block("content-length", "5")])));
    expect(verdict(peer.send(...frames))).toBe(isValid ? "fine" : "stream 1 PROTOCOL_ERROR");
    if (isValid) expect(peer.bodies.get(1)).toEqual([1, 2, 3, 4, 5]);
    // `end` must not be called after an incomplete body, because the receiver would take the body for complete.
    expect(peer.heard.some((line) => line.startsWith("1 end"))).toBe(isValid);
  });

  test("a content-length of a head that ends the stream", () => {
    const peer = create();
    if (peer instanceof TestServer) peer.request();
    peer.take();
    const withLength = Uint8Array.from([...head, ...block("content-length", "1")]);
    expect(verdict(peer.send(headers(1, withLength, END_HEADERS | END_STREAM)))).toBe("stream 1 PROTOCOL_ERROR");
    expect(end === "server" ? peer.heard : []).toEqual(end === "server" ? ["refused PROTOCOL_ERROR"] : []);
  });
});

describe("what we send", () => {
  const forbidden: readonly (readonly [string, readonly string[]])[] = [
    ["CR and LF in a value", ["x", "a\r\nb: c"]],
    ["NUL in a value", ["x", "\0"]],
    ["a character whose low byte is LF", ["x", "\u010a"]],
    ["a capital in a name", ["X", "y"]],
    ["LF in a name", ["x\n", "y"]],
    ["a space at the end", ["x", "y "]],
  ];

  test.each(forbidden)("%s is not sent, and the stream goes on", (_title, fields) => {
    const server = TestClient.ready();
    server.begin(1);
    const stream = server.streams.get(1)!;
    expect(() => stream.respond([":status", "200", "vary", "first", ...fields])).toThrow(TypeError);
    expect(() => stream.end(undefined, fields)).toThrow(TypeError);
    expect(server.takes()).toEqual([]);
    stream.respond([":status", "200", "vary", "first"]);
    expect(server.takes()).toEqual(["HEADERS 1"]);

    const client = TestServer.ready();
    expect(() => client.request([...PSEUDO, ...fields])).toThrow(TypeError);
    expect(client.takes()).toEqual([]);
    expect(client.request().id).toBe(1);
  });
});
