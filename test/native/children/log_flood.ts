import { FileSystem, onClientLog, setClientLogLevel } from '../../../lib/xrdcl/index.js';

const [url = ''] = process.argv.slice(2);
const fs = new FileSystem(url);
await fs.ping();
onClientLog(({ topic, message }) => {
  if (topic === 'Log') process.stdout.write(`${message}\n`);
});
setClientLogLevel('dump');
const stats = Array.from({ length: 3000 }, () => fs.stat('/'));
// JavaScript doesn't take a line while libXrdCl writes thousands.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
await Promise.all(stats);
