/** Prometheus' text format, read strictly. */
import assert from 'node:assert/strict';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Exposition {
  samples: Sample[];
  /** Names as they were declared, with their types. */
  types: Map<string, string>;
  /** Of exactly one series; undefined if there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sampleLine = new RegExp(`^(${name})(?:\\{((?:${label})(?:,${label})*)?\\})? (\\S+)$`);
const typeLine = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary|untyped)$`);
const helpLine = new RegExp(`^# HELP (${name}) \\S.*$`);

/** Fails on a line that isn't of the format, on a series that comes twice, and on one without type and help. */
export function parseExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'));
  const samples: Sample[] = [];
  const [types, helped, series] = [new Map<string, string>(), new Set<string>(), new Set<string>()];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [help, type, sample] = [helpLine, typeLine, sampleLine].map((pattern) => pattern.exec(line));
    if (help) helped.add(help[1]!);
    else if (type) types.set(type[1]!, type[2]!);
    else {
      assert.ok(sample, `not of the format: ${line}`);
      const labels = [...(sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
        ([, key, value]) =>
          [key!, value!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))] as const,
      );
      const key = line.slice(0, line.lastIndexOf(' '));
      assert.ok(!series.has(key), `twice: ${key}`);
      series.add(key);
      const base = sample[1]!.replace(/_(bucket|sum|count)$/, '');
      assert.ok(types.has(sample[1]!) || types.has(base), `no type: ${line}`);
      assert.ok(helped.has(sample[1]!) || helped.has(base), `no help: ${line}`);
      const value = sample[3] === '+Inf' ? Infinity : Number(sample[3]);
      samples.push({ name: sample[1]!, labels: Object.fromEntries(labels), value });
    }
  }
  return {
    samples,
    types,
    value(wanted, labels = {}) {
      const found = samples.filter(
        (each) =>
          each.name === wanted && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      );
      assert.ok(found.length < 2, `${wanted} ${JSON.stringify(labels)} is not one series`);
      return found[0]?.value;
    },
  };
}
