/**
 * tsan <program> <rounds>: runs the program of test/native/tsan against a real server (scripts/test-tsan.sh), and ends with its
 * exit code.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { PlainServer } from '../../support/plain_server.js';
import { TemporaryDirectory } from '../../support/temporary.js';

const [program = '', rounds = '3'] = process.argv.slice(2);
const server = await PlainServer.start({ config: ['xrootd.chksum max 8 adler32'] });
const local = new TemporaryDirectory();
try {
  server.mkdir('/d');
  server.mkdir('/many');
  for (let i = 0; i < 1500; i += 1) writeFileSync(server.file(`/many/${i}`), '');
  server.write('/small', 'small');
  server.write('/large', Buffer.alloc(9_000_000, 'y'));
  const child = spawn(program, [server.url, local.path, rounds], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal !== null) process.stderr.write(`ended by ${signal}\n`);
  process.exitCode = code ?? 1;
} finally {
  await server.stop();
  local.remove();
}
