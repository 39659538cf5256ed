/**
 * fuzz <seed> <calls> <server> <directory>: calls everything that the addon exports with hostile arguments. What it calls is
 * what Object.entries() finds, and the methods of what the calls give back. Its last calls stand in <directory>/calls.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { addon } from '../../../lib/addon/addon.js';
import { Fuzzer } from './fuzz/calls.js';
import { Diary } from './fuzz/diary.js';
import { Random } from './fuzz/random.js';
import { Callables, goodValues } from './fuzz/world.js';

const [seed = '1', calls = '1000', url = '', directory = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const diary = new Diary(directory);
const callables = new Callables(random);
for (const [name, value] of Object.entries(addon)) callables.add(name, value);
const fuzzer = new Fuzzer(random, goodValues(random, url, directory), callables, diary);

const shallow: string[] = [];
// It grows: what a call gives back has methods.
for (const callable of callables.list) if (!fuzzer.learn(callable)) shallow.push(callable.name);
callables.learning = false;
const collect = (globalThis as unknown as { gc?: () => void }).gc;
for (let i = 0; i < Number(calls); i += 1) {
  fuzzer.callOne();
  if (random.chance(0.01)) fuzzer.takeBytes();
  if (random.chance(0.01)) collect?.();
  if (random.chance(0.02)) await new Promise(setImmediate);
  if (random.chance(0.001)) await sleep(5);
}
fuzzer.takeBytes();
process.stdout.write(JSON.stringify({ names: callables.list.map(({ name }) => name), shallow }));
process.exit(0);
