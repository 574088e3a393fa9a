/** Options that several commands share. */
import type { Flags } from "@grep11/command-line";
import { mechanismSuggestions } from "../mechanisms/mechanism-syntax.ts";

/** Options of every command: how to reach the HSM. Their settings are resolved in settings.ts. */
export const CONNECTION_FLAGS = {
  address: { kind: "text", value: "HOST:PORT", help: "where the HSM listens; an http:// or https:// URL settles TLS" },
  "ca-cert": { kind: "text", value: "FILE", help: "PEM certificates that vouch for the server" },
  "client-cert": { kind: "text", value: "FILE", help: "PEM certificate chain of this client, for mutual TLS" },
  "client-key": { kind: "text", value: "FILE", help: "PEM private key of that certificate" },
  "server-name": { kind: "text", value: "NAME", help: "name the server's certificate must carry" },
  "apikey-file": { kind: "text", value: "FILE", help: "file with an IAM API key" },
  "iam-endpoint": { kind: "text", value: "URL", help: "IAM that turns the API key into tokens" },
  "token-file": { kind: "text", value: "FILE", help: "file with a bearer token, instead of an API key" },
  config: { kind: "text", value: "FILE", help: "settings file" },
  timeout: { kind: "number", value: "SECONDS", help: "longest wait for one answer", default: 60 },
} as const satisfies Flags;

export const IN = {
  in: { kind: "text", value: "FILE", help: "where the data comes from; - is stdin", default: "-" },
} as const satisfies Flags;

/** Of commands that answer data; see writeData in output.ts. */
export const OUT = {
  out: { kind: "text", value: "FILE", help: "where the result goes; - is stdout, even if that is a terminal" },
  encoding: { kind: "choice", choices: ["raw", "hex", "base64"], help: "how the result is written", default: "raw" },
  json: { kind: "switch", help: "print JSON: what was done, and the result in hex or base64 unless --out takes it" },
} as const satisfies Flags;

export const MECHANISM = {
  mech: {
    kind: "text",
    value: "NAME[:key=value,...]",
    help: "mechanism; by default what fits the key",
    suggestions: mechanismSuggestions(),
  },
  "param-hex": { kind: "text", value: "HEX", help: "mechanism parameter as bytes" },
} as const satisfies Flags;

export const KEY_OUT = {
  out: { kind: "text", value: "FILE", help: "key file to write; must not exist yet", required: true },
  force: { kind: "switch", help: "overwrite an existing key file" },
} as const satisfies Flags;

export const RIGHTS = {
  usage: {
    kind: "text",
    value: "LIST",
    help: "what the key may do: encrypt,decrypt,sign,verify,wrap,unwrap,derive",
    suggestions: ["encrypt", "decrypt", "sign", "verify", "wrap", "unwrap", "derive"],
  },
  extractable: { kind: "switch", help: "the key may leave the HSM, wrapped or by key export" },
  attr: { kind: "list", value: "CKA_NAME=VALUE", help: "further attribute (true, false, a number, 0xHEX or text)" },
} as const satisfies Flags;
