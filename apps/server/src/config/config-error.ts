/** The errors that a wrong or missing configuration causes. */

/**
 * The configuration is invalid. Each complaint has the location (file and line, or variable), the path of the key, and the
 * problem.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join("\n"));
    this.complaints = complaints;
  }
}

/** The configuration file does not exist. */
export class NoConfigError extends ConfigError {
  constructor(path: string) {
    super([`there is no ${path}; write a configuration, or try the program with --dev, which needs none`]);
  }
}
