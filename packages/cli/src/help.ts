/** Help texts and docs/cli.md, made from the table of commands. */
import type { Command, Flag, Flags } from "./command.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { CONNECTION_FLAGS } from "./flags.ts";
import { mechanismSyntax } from "./mechanism-syntax.ts";
import { DEFAULT_ADDRESS, SETTINGS_FILES } from "./settings.ts";
import { FILE_KEYS } from "./settings-file.ts";

/** A section of the general help: a title, paragraphs and a table. */
interface Topic {
  readonly name: string;
  readonly title: string;
  readonly text: readonly string[];
  readonly rows: readonly (readonly [string, string])[];
}

/** What the help explains besides commands: `grep11 help NAME`. */
export const TOPICS: readonly Topic[] = [
  {
    name: "connection",
    title: "Reaching the HSM",
    text: [
      `A setting comes from its option, else from the environment, else from a settings file: ${SETTINGS_FILES.join(", ")} in the working directory, then in ~/.config/grep11. The grep11client.yaml of IBM's PKCS #11 library is understood too. A file in the working directory is not looked at when an API key or token comes from an option or the environment, so that it cannot send them elsewhere. Without an address ${DEFAULT_ADDRESS} is used.`,
      "TLS is used unless the address says http://, or is this machine and there is neither a certificate nor a credential. Credentials never travel to another machine without TLS.",
      "Environment: GREP11_ADDRESS, GREP11_CA_CERT, GREP11_CLIENT_CERT, GREP11_CLIENT_KEY (files), GREP11_APIKEY, GREP11_IAMENDPOINT. NO_COLOR switches colours off. Keys of the settings file:",
    ],
    rows: Object.entries(FILE_KEYS),
  },
  {
    name: "mechanisms",
    title: "Writing mechanisms",
    text: [
      "A mechanism is its PKCS #11 name, with or without CKM_, or its number, and parameters after a colon: AES_CBC_PAD:iv=000102... or RSA_PKCS_OAEP:hash=sha256,mgf=sha1. Bytes are hexadecimal. --param-hex gives any parameter as bytes. By name these take:",
    ],
    rows: mechanismSyntax().map(([name, keys]) => [name, keys.join(", ")]),
  },
  {
    name: "key-files",
    title: "Key files",
    text: [
      "A key file is JSON around the blob that the HSM made. Only that HSM can use the blob, but it can be used by everyone who may talk to the HSM, so the file is written with mode 0600. GREP11 stores nothing: losing the file is losing the key.",
    ],
    rows: [
      ["grep11Key", "1, the version of this form"],
      ["class, keyType", "CKO_ and CKK_ names"],
      ["mechanism", "CKM_ name of what made the key"],
      ["created", "time in ISO 8601"],
      ["checkSum", "check value in hexadecimal, where there is one"],
      ["attributes", "CKA_ names with values as the HSM stated them; bytes in hexadecimal"],
      ["blob", "the key, base64"],
      ["pub", "the public key blob of a private key, base64"],
    ],
  },
  {
    name: "exit-codes",
    title: "Exit codes",
    text: [],
    rows: Object.values(EXIT_CODES).map(([code, meaning]) => [String(code), meaning]),
  },
];

const WIDTH = 100;

/** The help without a command. */
export function overview(commands: readonly Command[]): string {
  return [
    "grep11: keys and cryptography in a GREP11 HSM",
    "",
    "Usage: grep11 COMMAND [OPTIONS]",
    "",
    ...table(commands.map(({ name, summary }) => [name, summary])),
    "",
    "grep11 COMMAND --help explains a command, grep11 help TOPIC one of:",
    ...table(TOPICS.map(({ name, title }) => [name, title])),
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  return [
    `grep11 ${command.name}: ${command.summary}`,
    "",
    `Usage: ${usage(command)}`,
    ...(command.details ?? []).flatMap((paragraph) => ["", ...wrapText(paragraph, "", "")]),
    ...section("Options:", command.flags),
    ...section("Connection (grep11 help connection):", CONNECTION_FLAGS),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

/** The help of one topic. */
export function topicHelp(topic: Topic): string {
  const text = topic.text.flatMap((paragraph) => [...wrapText(paragraph, "", ""), ""]);
  return [topic.title, "", ...text, ...table(topic.rows), ""].join("\n");
}

/** The whole help as Markdown. */
export function markdown(commands: readonly Command[]): string {
  const rows = (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`);
  return [
    "# grep11, the command line",
    "",
    "Generated from the table of commands by `pnpm --filter grep11 generate`; do not edit.",
    "",
    ...commands.map(({ name, summary }) => `- [\`grep11 ${name}\`](#${name.replace(" ", "-")}): ${summary}`),
    ...TOPICS.flatMap(({ title, text, rows: pairs }) => [
      ...["", `## ${title}`],
      ...text.flatMap((paragraph) => ["", paragraph]),
      ...["", "| | |", "| --- | --- |", ...rows(pairs)],
    ]),
    ...["", "## Options of every command", "", "| | |", "| --- | --- |", ...rows(flagRows(CONNECTION_FLAGS))],
    ...commands.flatMap((command) => [
      ...["", `## ${command.name}`, "", `${sentence(command.summary)}.`, "", "```", usage(command), "```"],
      ...(command.details ?? []).flatMap((paragraph) => ["", paragraph]),
      ...(Object.keys(command.flags).length === 0
        ? []
        : ["", "| | |", "| --- | --- |", ...rows(flagRows(command.flags))]),
      ...["", "```", ...command.examples, "```"],
    ]),
    "",
  ].join("\n");
}

function usage({ name, args, flags }: Command): string {
  const required = Object.entries(flags).flatMap(([flag, row]) =>
    row.kind === "text" && row.required ? [`--${flag} ${row.value}`] : [],
  );
  return ["grep11", name, ...required, ...(args === undefined ? [] : [args]), "[OPTIONS]"].join(" ");
}

function section(title: string, flags: Flags): string[] {
  const rows = flagRows(flags);
  return rows.length === 0 ? [] : ["", title, ...table(rows)];
}

function flagRows(flags: Flags): [string, string][] {
  return Object.entries(flags).map(([name, flag]) => [`--${name}${valueName(flag)}`, describe(flag)]);
}

function valueName(flag: Flag): string {
  if (flag.kind === "switch") return "";
  return ` ${flag.kind === "choice" ? flag.choices.join("|") : flag.value}`;
}

function describe(flag: Flag): string {
  if (flag.kind === "list") return `${flag.help}; may be repeated`;
  if (!("default" in flag) || flag.default === undefined || flag.default === "") return flag.help;
  return `${flag.help} (default ${flag.default})`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const widest = Math.min(30, Math.max(...rows.map(([name]) => name.length)));
  return rows.flatMap(([name, text]) => {
    const first = `  ${name.padEnd(widest)}  `;
    const indent = " ".repeat(widest + 4);
    return name.length > widest ? [`  ${name}`, ...wrapText(text, indent, indent)] : wrapText(text, first, indent);
  });
}

function wrapText(text: string, first: string, indent: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ")) {
    const gap = line === first || line === indent ? "" : " ";
    if (line.length + gap.length + word.length > WIDTH && gap !== "") {
      lines.push(line);
      line = indent + word;
    } else line += gap + word;
  }
  return [...lines, line];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
