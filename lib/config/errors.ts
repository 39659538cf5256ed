/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** As the user writes it: `backup.settle_seconds` in a file, `settleSeconds` in TypeScript. */
  key: string;
  /** Line in the file, from 1. */
  line?: number;
  /** What is wrong, in words. */
  message: string;
}

/** Bad usage or configuration: nothing was touched. The command ends with exit code 2. */
export class ConfigError extends Error {
  /** Always `ConfigError`. */
  override readonly name = 'ConfigError';
  /** Always `ConfigError`. */
  readonly code = 'ConfigError';
  /** What the command ends with. */
  readonly exitCode = 2;
  /** Everything that is wrong, not only the first. */
  readonly problems: readonly ConfigProblem[];
  /** The configuration file, where there is one. */
  readonly file?: string;

  /**
   * The library makes it.
   * @param file that was read, if one was
   */
  constructor(problems: readonly ConfigProblem[], file?: string) {
    super(problems.map((problem) => describe(problem, file)).join('\n'));
    this.problems = problems;
    if (file !== undefined) this.file = file;
  }
}

function describe({ key, line, message }: ConfigProblem, file?: string): string {
  const place = line === undefined ? '' : `${file ?? 'line'}:${line}: `;
  return key === '' ? `${place}${message}` : `${place}${key}: ${message}`;
}
