#!/usr/bin/env node
import { createRequire } from 'node:module';

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Needs nothing else.
  const require = createRequire(import.meta.url);
  const { version } = require('xrootd-archive/package.json') as { version: string };
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import('./command_line.js');
  process.exitCode = await main(args);
  // The command is done: after 5 s the process ends even if something keeps it alive.
  setTimeout(() => process.exit(), 5000).unref();
}
