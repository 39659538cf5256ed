#!/usr/bin/env node
import { main } from './program.js';

process.exitCode = await main(process.argv.slice(2));
// The command is done: after 5 s the process ends even if something keeps it alive.
setTimeout(() => process.exit(), 5000).unref();
