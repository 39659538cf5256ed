/** A process that opens two stores with one token file, which is renewed between them: prints the options of both. */
import { renameSync, writeFileSync } from 'node:fs';
import { useLogin } from '../../../lib/remote/authentication.js';
import { setTimeout as sleep } from 'node:timers/promises';

const [file = ''] = process.argv.slice(2);
const config = { tokenFilePath: file, tokenUse: 'login' } as Parameters<typeof useLogin>[0];
const login = useLogin(config);
const before = login();
writeFileSync(`${file}.new`, 'second', { mode: 0o600 });
renameSync(`${file}.new`, file);
while (login() === before) await sleep(20);
process.stdout.write(JSON.stringify([before, login(), useLogin(config)()]));
