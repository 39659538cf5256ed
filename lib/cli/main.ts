#!/usr/bin/env node
import { createRequire } from 'node:module';
import { write } from './gone_reader.js';
import { nodeProblem } from './node_version.js';

const args = process.argv.slice(2);
const problem = nodeProblem(process.versions.node);
if (problem !== undefined) {
  console.error(`xrootd-archive: ${problem}`);
  process.exitCode = 2;
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Needs nothing else.
  const require = createRequire(import.meta.url);
  const { version } = require('xrootd-archive/package.json') as { version: string };
  write(process.stdout, `${version}\n`);
} else {
  // Only now: what it imports is written for a newer Node.js.
  const { main } = await import('./command_line.js');
  process.exitCode = await main(args);
  // The command is done: after 5 s the process ends even if something keeps it alive.
  setTimeout(() => process.exit(), 5000).unref();
}
