/** `npm run bench [-- NAME… OPTIONS]`: how fast are we, and how fast are the others, on this machine, now? */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Bench } from './harness/bench.js';
import { machineFacts } from './harness/machine.js';
import { readOptions, usage, type BenchOptions } from './harness/options.js';
import { findPeers } from './harness/peers.js';
import { projectRoot } from './harness/places.js';
import { loopWishes, type ScenarioResult } from './harness/result.js';
import type { Scenario } from './harness/scenario.js';
import { table } from './harness/table.js';
import { scenarios } from './scenarios/index.js';

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let options: BenchOptions | undefined;
  let chosen: Scenario[];
  try {
    options = readOptions(args);
    if (options === undefined) {
      process.stdout.write(`${usage}\n${list()}`);
      return 0;
    }
    chosen = choose(options.names);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n${list()}`);
    return 2;
  }
  // The server's directory, too, is made in the temporary one.
  if (options.directory !== undefined) process.env['TMPDIR'] = resolve(options.directory);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort(new Error('interrupted')));
  }
  try {
    await measure(options, chosen, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('\ninterrupted\n');
      return 130;
    }
    process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

async function measure(options: BenchOptions, chosen: Scenario[], signal: AbortSignal): Promise<void> {
  const peers = findPeers((line) => process.stderr.write(`${line}\n`));
  const machine = machineFacts(tmpdir(), peers);
  const results: ScenarioResult[] = [];
  const file = resolve(options.out ?? join(projectRoot, 'bench-results', `${fileDate(new Date())}.json`));
  await using bench = await Bench.start(options, peers, signal);
  for (const scenario of chosen) {
    bench.say(`\n${scenario.name}: ${scenario.title}`);
    const start = performance.now();
    const load = loadavg()[0]!.toFixed(2);
    const { facts: found = {}, results: contestants, wishes } = await scenario.run(bench);
    const wanted = [...wishes.map((wish) => wish(contestants)), ...loopWishes(contestants)];
    const facts = { 'load before': load, ...found };
    const seconds = (performance.now() - start) / 1000;
    const result = { scenario: scenario.name, title: scenario.title, seconds, facts, contestants, wanted };
    results.push(result);
    // After each one: what was measured stays even if a later one fails.
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ machine, options, results }, null, 2)}\n`);
    process.stdout.write(table(result));
  }
  if (options.quick) bench.say('Quick: this only shows that everything runs. The numbers mean nothing.');
  process.stdout.write(
    `\n${Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')}\n${file}\n`,
  );
}

function choose(names: readonly string[]): Scenario[] {
  if (names.length === 0) return [...scenarios];
  return names.map((name) => {
    const found = scenarios.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no scenario ${name}`);
    return found;
  });
}

function list(): string {
  return scenarios.map(({ name, title }) => `  ${name.padEnd(14)}  ${title}\n`).join('');
}

function fileDate(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(':', '-');
}
