/** Defines options that several commands have. */
import type { Flags } from "@grep11/command-line";
import { mechanismSuggestions } from "../mechanisms/mechanism-syntax.ts";

/** The options that describe the connection. Every command has them, and connection/settings.ts evaluates them. */
export const CONNECTION_FLAGS = {
  address: {
    kind: "text",
    value: "HOST:PORT",
    help: "address of the HSM; an http:// or https:// URL decides about TLS",
  },
  "ca-cert": { kind: "text", value: "FILE", help: "PEM certificates of the CAs for the server" },
  "client-cert": { kind: "text", value: "FILE", help: "PEM certificate chain of this client, for mutual TLS" },
  "client-key": { kind: "text", value: "FILE", help: "PEM private key of that certificate" },
  "server-name": { kind: "text", value: "NAME", help: "name that the server's certificate must have" },
  "apikey-file": { kind: "text", value: "FILE", help: "file with an IAM API key" },
  "iam-endpoint": { kind: "text", value: "URL", help: "IAM that exchanges the API key for tokens" },
  "token-file": { kind: "text", value: "FILE", help: "file with a bearer token, instead of an API key" },
  config: { kind: "text", value: "FILE", help: "settings file" },
  timeout: { kind: "number", value: "SECONDS", help: "how long to wait for a response", default: 60 },
} as const satisfies Flags;

export const IN = {
  in: { kind: "text", value: "FILE", help: "file with the data; - is stdin", default: "-" },
} as const satisfies Flags;

/** The options of commands that output data. `writeData` in output.ts evaluates them. */
export const OUT = {
  out: { kind: "text", value: "FILE", help: "file for the result; - is stdout, even if that is a terminal" },
  encoding: { kind: "choice", choices: ["raw", "hex", "base64"], help: "encoding of the result", default: "raw" },
  json: { kind: "switch", help: "print JSON with details and, unless --out is given, the result in hex or base64" },
} as const satisfies Flags;

export const MECHANISM = {
  mech: {
    kind: "text",
    value: "NAME[:key=value,...]",
    help: "mechanism; by default one that suits the key",
    suggestions: mechanismSuggestions(),
  },
  "param-hex": { kind: "text", value: "HEX", help: "mechanism parameter as bytes" },
} as const satisfies Flags;

export const KEY_OUT = {
  out: { kind: "text", value: "FILE", help: "key file to write; must not exist", required: true },
  force: { kind: "switch", help: "overwrite an existing key file" },
} as const satisfies Flags;

export const RIGHTS = {
  usage: {
    kind: "text",
    value: "LIST",
    help: "what the key may do: encrypt,decrypt,sign,verify,wrap,unwrap,derive",
    suggestions: ["encrypt", "decrypt", "sign", "verify", "wrap", "unwrap", "derive"],
  },
  extractable: { kind: "switch", help: "the key can leave the HSM, wrapped or by key export" },
  attr: { kind: "list", value: "CKA_NAME=VALUE", help: "further attribute (true, false, a number, 0xHEX or text)" },
} as const satisfies Flags;
