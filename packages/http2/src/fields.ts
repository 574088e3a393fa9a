/** Checks the fields of requests, responses and trailers (RFC 9113, section 8; RFC 9110, section 5). */

import * as characters from "./characters.ts";
import type { HeaderList } from "./hpack/decoder.ts";

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  readonly path: string;
  /** The value of `:authority`, or of `host` if there is no `:authority`. Undefined if the request has neither. */
  readonly authority: string | undefined;
  /** Alternating names and values of the regular fields. */
  readonly fields: readonly string[];
  readonly contentLength: number | undefined;
}

/** The head of a final or interim response. */
export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly string[];
  readonly contentLength: number | undefined;
}

/** Maps the names of fields with a special rule to that rule. */
const RULES: ReadonlyMap<string, "connection" | "te" | "host" | "content-length"> = new Map([
  // These fields belong to HTTP/1.1 connections and are forbidden in HTTP/2 (section 8.2.2).
  ["connection", "connection"],
  ["keep-alive", "connection"],
  ["proxy-connection", "connection"],
  ["transfer-encoding", "connection"],
  ["upgrade", "connection"],
  ["te", "te"],
  ["host", "host"],
  ["content-length", "content-length"],
]);

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const LENGTH = /^[0-9]{1,15}$/;
const STATUS = /^[1-5][0-9]{2}$/;
const COLON = 0x3a;
const SLASH = 0x2f;

/** Converts a header list to the head of a request. Returns undefined if the list is malformed. */
export function requestHead({ fields, isScreened }: HeaderList): RequestHead | undefined {
  let method: string | undefined;
  let scheme: string | undefined;
  let path: string | undefined;
  let authority: string | undefined;
  let at = 0;
  for (; at < fields.length && fields[at]!.charCodeAt(0) === COLON; at += 2) {
    const value = fields[at + 1]!;
    switch (fields[at]) {
      case ":method":
        if (method !== undefined || !(value === "POST" || METHOD.test(value))) return undefined;
        method = value;
        break;
      case ":scheme":
        if (scheme !== undefined || !(value === "https" || value === "http" || SCHEME.test(value))) return undefined;
        scheme = value;
        break;
      case ":path":
        if (path !== undefined || !isPath(value)) return undefined;
        path = value;
        break;
      case ":authority":
        if (authority !== undefined || characters.hasForbidden(value, characters.FORBIDDEN_IN_AUTHORITY))
          return undefined;
        authority = value;
        break;
      default:
        return undefined;
    }
  }
  if (method === undefined) return undefined;
  const isConnect = method === "CONNECT";
  // CONNECT must not have a scheme or a path. All other methods need both (sections 8.3.1 and 8.5).
  if (
    isConnect ? scheme !== undefined || path !== undefined || !authority : scheme === undefined || path === undefined
  ) {
    return undefined;
  }
  // Only OPTIONS may use "*", which means the server as a whole.
  if (path === "*" && method !== "OPTIONS") return undefined;
  const regular = at === 0 ? fields : fields.slice(at);
  const scanned = scan(regular, isScreened, true);
  if (scanned === undefined) return undefined;
  const { host, contentLength } = scanned;
  // `host` must not differ from `:authority`, because a proxy and this server could choose different ones (section
  // 8.3.1).
  if (authority && host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return undefined;
  return {
    method,
    scheme: scheme ?? "",
    path: path ?? "",
    authority: authority || host,
    fields: regular,
    contentLength,
  };
}

/** Converts a header list to the head of a response. Returns undefined if the list is malformed. */
export function responseHead({ fields, isScreened }: HeaderList): ResponseHead | undefined {
  if (fields[0] !== ":status" || !STATUS.test(fields[1]!)) return undefined;
  const regular = fields.slice(2);
  const scanned = scan(regular, isScreened, false);
  return scanned && { status: Number(fields[1]), fields: regular, contentLength: scanned.contentLength };
}

/** Returns whether a header list is valid as trailers. */
export function areTrailers({ fields, isScreened }: HeaderList): boolean {
  return scan(fields, isScreened, false) !== undefined;
}

/**
 * Throws TypeError if `fields` contain a field that must not be sent. The error's message does not contain the value of
 * the field.
 */
export function requireSendable(fields: readonly string[]): void {
  for (let at = 0; at < fields.length; at += 2) requireSendableField(fields[at]!, fields[at + 1]!);
}

/** Like requireSendable, for one field. Here it may also be a pseudo-header field. */
export function requireSendableField(name: string, value: string): void {
  const start = name.charCodeAt(0) === COLON ? 1 : 0;
  if (!isName(name, start) || !isValue(value)) throw new TypeError(`HTTP forbids this field: ${JSON.stringify(name)}`);
}

interface Scan {
  contentLength: number | undefined;
  host: string | undefined;
}

/** Checks the regular fields. Returns undefined if one is malformed. */
function scan(fields: readonly string[], isScreened: boolean, isRequest: boolean): Scan | undefined {
  const found: Scan = { contentLength: undefined, host: undefined };
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    const value = fields[at + 1]!;
    // Names of regular fields must not begin with a colon.
    if (name.charCodeAt(0) === COLON || !(isScreened || (isName(name) && isValue(value)))) return undefined;
    switch (RULES.get(name)) {
      case undefined:
        break;
      case "connection":
        return undefined;
      case "te":
        if (isRequest && value.toLowerCase() !== "trailers") return undefined;
        break;
      case "host":
        if (found.host !== undefined || characters.hasForbidden(value, characters.FORBIDDEN_IN_AUTHORITY))
          return undefined;
        found.host = value;
        break;
      case "content-length": {
        const length = LENGTH.test(value) ? Number(value) : -1;
        if (length < 0 || (found.contentLength !== undefined && found.contentLength !== length)) return undefined;
        found.contentLength = length;
      }
    }
  }
  return found;
}

/** Returns whether `name` is a valid name, beginning with the character at `start`. */
function isName(name: string, start = 0): boolean {
  return name.length > start && !characters.hasForbidden(name, characters.FORBIDDEN_IN_NAME, start);
}

function isValue(value: string): boolean {
  return (
    !characters.hasForbidden(value, characters.FORBIDDEN_IN_VALUE) &&
    !characters.hasSpaceAtEnds(value.charCodeAt(0), value.charCodeAt(value.length - 1))
  );
}

/** Returns whether `value` is a path with an optional query, or "*" for the whole server (section 8.3.1). */
function isPath(value: string): boolean {
  return (
    value === "*" || (value.charCodeAt(0) === SLASH && !characters.hasForbidden(value, characters.FORBIDDEN_IN_PATH))
  );
}
