/** Finds the environment variables that are settings, and leaves out those that only have the same prefix. */
import { nearest } from "@grep11/command-line";
import { parse } from "yaml";
import { kindOf, type Setting, settings, valueFrom } from "./settings.ts";

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Prefix of variables that override the file. The rest of the name is the path of the setting, such as
 * EP11CRYPTO_CONNECTION_PORT.
 */
export const ENVIRONMENT_PREFIX = "GREP11_SERVER_";

/**
 * Prefix that IBM's on-premises server uses. It is accepted for the settings that IBM's server has: `logging` and `ep11crypto`.
 */
export const IBM_PREFIX = "EP11SERVER_";

/** The sections of IBM's file. */
export const IBM_SECTIONS: readonly string[] = ["logging", "ep11crypto"];

/** A setting given by an environment variable. */
interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * Returns the overrides in `environment`, and a complaint for each unknown name. IBM's names come first, so that ours take
 * precedence.
 */
export function readEnvironment(environment: Environment): { overrides: Override[]; complaints: string[] } {
  const named = new Map<string, Setting>();
  for (const setting of settings()) {
    const name = setting.path.join("_").toUpperCase();
    if (isIbm(setting)) named.set(IBM_PREFIX + name, setting);
    named.set(ENVIRONMENT_PREFIX + name, setting);
  }
  const overrides: Override[] = [];
  const complaints: string[] = [];
  for (const [variable, text] of Object.entries(environment).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (text === undefined || !looksLikeSetting(variable) || isServiceLink(variable, text)) continue;
    const setting = named.get(variable);
    if (setting === undefined) complaints.push(`${variable}: no setting has this name${suggestion(variable, named)}`);
    // IBM's server treats an empty variable as unset; for our own settings an empty value is an error.
    else if (text !== "" || !isIbm(setting))
      overrides.push({ variable, path: setting.path, value: valueIn(text, setting) });
  }
  return { overrides, complaints };
}

function isIbm({ path: [section = ""] }: Setting): boolean {
  return IBM_SECTIONS.includes(section);
}

function looksLikeSetting(variable: string): boolean {
  return (
    variable.startsWith(ENVIRONMENT_PREFIX) ||
    IBM_SECTIONS.some((section) => variable.startsWith(`${IBM_PREFIX}${section.toUpperCase()}_`))
  );
}

/**
 * Returns whether an orchestrator set the variable to describe a Service or a linked container whose name begins like our prefix.
 * Kubernetes (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables) sets NAME_SERVICE_HOST and
 * NAME_SERVICE_PORT (with _PORTNAME for further ports), and Docker-style variables: NAME_PORT=tcp://... and NAME_PORT_9876_TCP
 * (with _ADDR, _PORT, _PROTO). Docker links also set NAME_NAME and NAME_ENV_*. Only the suffix can be checked: a Service
 * `grep11-server-two` yields GREP11_SERVER_TWO_SERVICE_HOST.
 */
function isServiceLink(variable: string, text: string): boolean {
  const name = variable.replace(/^[^_]+_/, "_");
  if (/_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$/.test(name)) return true;
  if (/_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/.test(name)) return true;
  if (/_PORT$/.test(name)) return /^(tcp|udp|sctp):\/\//.test(text);
  if (name === "_SERVER_NAME") return text.startsWith("/");
  return name.startsWith("_SERVER_ENV_");
}

function suggestion(variable: string, named: ReadonlyMap<string, Setting>): string {
  const meant = nearest(variable, named.keys());
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/**
 * Parses `text` as YAML if the setting is a union and the text is a number, boolean or list. Otherwise the value is the text
 * itself, because PEM contains colons.
 */
function valueIn(text: string, setting: Setting): unknown {
  if (kindOf(setting) !== "other") return valueFrom(text, setting);
  return /^(\d+|true|false|\[.*\])$/s.test(text) ? parse(text) : text;
}
