/** Reads settings from environment variables. Variables of orchestrators that happen to have the same prefix are ignored. */
import { nearest } from "@grep11/command-line";
import { parse } from "yaml";
import { kindOf, type Setting, settings, valueFrom } from "./settings.ts";

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Prefix of our variables. The path of the setting follows, such as EP11CRYPTO_CONNECTION_PORT. They override the file. */
export const ENVIRONMENT_PREFIX = "GREP11_SERVER_";

/** Prefix that IBM's on-premises server uses. It is accepted for settings in the sections {@link IBM_SECTIONS}. */
export const IBM_PREFIX = "EP11SERVER_";

/** The sections of the configuration that IBM's server has too. */
export const IBM_SECTIONS: readonly string[] = ["logging", "ep11crypto"];

/** A setting that an environment variable gives. */
interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Returns the overrides in `environment`, IBM's names first so that ours win, and a complaint for each unknown name. */
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
 * Returns whether an orchestrator set the variable to describe a Service or linked container whose name begins like our prefix,
 * such as `grep11-server-two`. Such variables are recognised by their suffixes. Kubernetes sets NAME_SERVICE_HOST,
 * NAME_SERVICE_PORT, NAME_PORT=tcp://..., NAME_PORT_9876_TCP and NAME_PORT_9876_TCP_ADDR
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables). Docker also sets NAME_NAME and
 * NAME_ENV_*.
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

/** Converts `text` to the type of the setting. If the setting is a union, only numbers, booleans and lists are parsed as YAML. */
function valueIn(text: string, setting: Setting): unknown {
  if (kindOf(setting) !== "other") return valueFrom(text, setting);
  return /^(\d+|true|false|\[.*\])$/s.test(text) ? parse(text) : text;
}
