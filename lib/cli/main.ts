#!/usr/bin/env node
import { nodeProblem } from './node_version.js';

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // Only now: what it imports is written for a newer Node.js.
  const { main } = await import('./program.js');
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error(`xrootd-archive: ${problem}`);
  process.exitCode = 2;
}
// The command is done: after 5 s the process ends even if something keeps it alive.
setTimeout(() => process.exit(), 5000).unref();
