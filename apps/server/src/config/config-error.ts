/** Reports an invalid configuration. Each complaint has the location (line or variable), the path of the key and the problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join("\n"));
    this.complaints = complaints;
  }
}

/** Reports that the configuration file does not exist. */
export class NoConfigError extends ConfigError {
  constructor(path: string) {
    super([`there is no ${path}; write a configuration, or try the program with --dev, which needs none`]);
  }
}
