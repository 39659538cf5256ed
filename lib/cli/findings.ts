/** Shows what the doctor finds, a line each, and what to do below it; counts what isn't well. */
import type { Finding, Result } from '../doctor/finding.js';
import { exitCodes, type ExitCode } from './exit_codes.js';
import { redactText } from '../config/redact.js';
import type { Output } from './output.js';

const NAME_WIDTH = 20;
const INDENT = ' '.repeat('warning  '.length);

export class Findings {
  readonly all: Finding[] = [];
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  add(finding: Finding): void {
    const { check, result, message, advice } = finding;
    const told: Finding = {
      ...{ check, result, message: redactText(message) },
      ...(advice !== undefined && { advice: redactText(advice) }),
    };
    this.all.push(told);
    if (this.#output.json) return;
    this.#output.line(
      `${result.padEnd(INDENT.length)}${`${check}:`.padEnd(NAME_WIDTH)} ${oneLine(told.message)}`,
    );
    if (told.advice !== undefined) this.#output.line(`${INDENT}→ ${oneLine(told.advice)}`);
  }

  async addAll(findings: AsyncIterable<Finding> | Iterable<Finding>): Promise<void> {
    for await (const finding of findings) this.add(finding);
  }

  count(result: Result): number {
    return this.all.filter((finding) => finding.result === result).length;
  }

  get summary(): string {
    return `${this.count('ok')} ok, ${this.count('warning')} warnings, ${this.count('failed')} failed`;
  }

  get exitCode(): ExitCode {
    return this.count('failed') > 0 ? exitCodes.failures : exitCodes.ok;
  }
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, '; ');
}
