/** The command as nobody runs it, when root starts it. */
import { mainFile } from '../../support/cli.js';

const nobody = 65_534;

process.setgroups?.([]);
process.setgid?.(nobody);
process.setuid?.(nobody);
await import(mainFile);
