/**
 * Who may import whom: ARCHITECTURE.md, "Rules", as data. Run by `npm run check`.
 * A package is seen by the others as its built entry points (packages/<name>/dist), by itself as its sources.
 */
import { readFileSync } from "node:fs";

/** What each package may import besides itself, node: and npm packages (those are bounded by its package.json). */
const mayImport = {
  "packages/cryptoki": [],
  "packages/encoding": [],
  "packages/mechanisms": ["cryptoki", "encoding"],
  "packages/command-line": [],
  "packages/certificates": [],
  "packages/http2": [],
  "packages/proto": ["cryptoki", "encoding"],
  "packages/engine": ["cryptoki", "encoding", "mechanisms"],
  "packages/server": ["cryptoki", "encoding", "http2", "proto"],
  "packages/client": ["cryptoki", "encoding", "http2", "mechanisms", "proto"],
  "packages/cli": ["command-line", "cryptoki", "encoding", "mechanisms", "client"],
  "packages/contract": ["cryptoki", "encoding", "proto", "engine", "server", "client", "cli"],
  "packages/bench": ["certificates", "cryptoki", "http2", "proto", "engine", "server", "client", "cli"],
  "apps/server": ["certificates", "command-line", "cryptoki", "encoding", "engine", "server"],
};

/** Tests may reach further: a client test needs a server, a server test an engine. */
const TESTS = "\\.test\\.ts$|/testing/|/test/";

const packageRules = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder} imports ${allowed.length === 0 ? "no other package" : `only ${allowed.join(", ")}`}`,
  severity: "error",
  from: { path: `^${folder}/src/`, pathNot: TESTS },
  to: {
    path: "^(packages|apps)/",
    pathNot: [`^${folder}/`, ...(allowed.length === 0 ? [] : [`^packages/(${allowed.join("|")})/`])],
  },
}));

const engine = "^packages/engine/src";

/** The families: the files that families.ts names. */
const FAMILIES = new URL("packages/engine/src/mechanisms/families.ts", import.meta.url);
const families = [...readFileSync(FAMILIES, "utf8").matchAll(/from "\.\/([a-z0-9/-]+)\.ts"/g)].map(([, name]) => name);
const FAMILY = `${engine}/mechanisms/(${families.join("|")})\\.ts$`;

/** The layers of the engine, lowest first: a file imports its own layer and lower ones, types included. */
const ENGINE_LAYERS = [
  "primitives",
  "sealing",
  "keyring",
  "objects",
  "blobs",
  "mechanisms",
  "limits",
  "workers",
  "context\\.ts$",
  "functions",
];
const layerRules = ENGINE_LAYERS.slice(0, -1).map((layer, index) => ({
  name: `engine ${layer.replace(/\W.*/, "")} imports no higher layer`,
  severity: "error",
  from: { path: `${engine}/${layer}`, pathNot: TESTS },
  to: { path: `${engine}/(${ENGINE_LAYERS.slice(index + 1).join("|")})` },
}));

export default {
  forbidden: [
    ...packageRules,
    ...layerRules,
    {
      name: "packages meet only through what package.json exports",
      comment: "An import of another package's sources, or of a file exports does not name, ties both to a layout.",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^(packages|apps)/[^/]+/src/", pathNot: "^$1/$2/" },
    },
    {
      name: "every import resolves",
      severity: "error",
      from: { path: "/src/" },
      to: { couldNotResolve: true },
    },
    {
      name: "no circles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "dependencies are declared",
      comment:
        "What a source file imports is in dependencies of its own package.json, not only in the root's. The server program is published as a bundle, which contains what it imports.",
      severity: "error",
      from: { path: "/src/", pathNot: [TESTS, "^apps/server/"].flat() },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "dependencies of the server program are declared",
      severity: "error",
      from: { path: "^apps/server/src/", pathNot: TESTS },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "cryptoki and encoding import nothing",
      severity: "error",
      from: { path: "^packages/(cryptoki|encoding)/src/", pathNot: TESTS },
      to: { pathNot: "^packages/$1/src/" },
    },
    {
      name: "the engine touches neither files nor network",
      comment: "Keyring bytes, clock and randomness are given to createEngine; files belong to apps/server.",
      severity: "error",
      from: { path: `${engine}/`, pathNot: TESTS },
      to: {
        dependencyTypes: ["core"],
        path: "^(node:)?(fs|fs/promises|http|http2|https|net|tls|dgram|dns|child_process|cluster|readline|repl)$",
      },
    },
    {
      name: "the server's call pipeline knows no transport",
      comment: "A transport gives a call its capabilities (call/exchange.ts); the pipeline serves all of them alike.",
      severity: "error",
      from: { path: "^packages/server/src/(call|services|limits)/", pathNot: TESTS },
      to: { path: "^packages/server/src/routes/|^(node:)?https?2?$" },
    },
    {
      name: "the client's root entry and its web entry run in a browser",
      severity: "error",
      from: { path: "^packages/client/src/(index|web)\\.ts$" },
      to: {
        reachable: true,
        path: "^(node:)?(buffer|crypto|fs|http|http2|https|net|os|path|process|stream|tls|util|zlib)(/|$)",
      },
    },
    {
      name: "a family never imports another family",
      comment: "What two families share is a file of its own that families.ts does not name.",
      severity: "error",
      from: { path: FAMILY },
      to: { path: FAMILY },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules|/dist/" },
    exclude: { path: "/(dist|scripts|node_modules/\\.vite)/[^/]*\\.test\\." },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
