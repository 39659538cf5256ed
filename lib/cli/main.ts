#!/usr/bin/env node
import { main } from './program.js';

process.exitCode = await main(process.argv.slice(2));
// The command is done; should anything still hold the process, it isn't worth waiting for.
setTimeout(() => process.exit(), 5000).unref();
