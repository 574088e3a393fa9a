/**
 * Identifies a process by a text from which other processes can tell whether it still runs. It is unique until the machine
 * reboots.
 */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Returns the identity of this process, such as "4711.182734.9f3ac012": its id, its start time, and a hash of machine, boot and
 * PID namespace. The hash is needed because containers and hosts may share a volume.
 */
export function ownIdentity(): string {
  return `${process.pid}.${startOf(process.pid)?.time ?? 0}.${namespaceHash()}`;
}

/**
 * Returns whether the process still runs. This is unknown if it belongs to another machine or container, or `identity` is
 * malformed.
 */
export function livenessOf(identity: string): "alive" | "gone" | "unknown" {
  const [, pid, time, scope] = /^(\d+)\.(\d+)\.([0-9a-f]{8})$/.exec(identity) ?? [];
  if (scope !== namespaceHash()) return "unknown";
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "gone";
  }
  const start = startOf(Number(pid));
  if (start === undefined) return "alive";
  return start.isZombie || String(start.time) !== time ? "gone" : "alive";
}

/**
 * Returns the start time of a process in ticks since boot, from /proc/PID/stat (proc_pid_stat(5), fields 3 and 22), or undefined
 * if there is no /proc.
 */
function startOf(pid: number): { readonly time: number; readonly isZombie: boolean } | undefined {
  const text = readOr("", () => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The program name is in parentheses and may contain spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[19] === undefined ? undefined : { time: Number(fields[19]), isZombie: fields[0] === "Z" };
}

function namespaceHash(): string {
  const boot = readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  const namespace = readOr("", () => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256").update(`${hostname()} ${boot} ${namespace}`).digest("hex").slice(0, 8);
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
