/** log_of_worker <server>: a worker listens to the log and ends while a request of it is unanswered. Then the log speaks. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { FileSystem, onClientLog, setClientLogLevel } from '../../../lib/xrdcl/index.js';

const [url = '', silent = ''] = process.argv.slice(2);

if (isMainThread) {
  await new FileSystem(url).ping();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const nobody = `root://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const worker = new Worker(new URL(import.meta.url), { argv: [url, nobody] });
  // The worker's request has come, and will not be answered.
  await once(server, 'connection');
  await worker.terminate();
  setClientLogLevel('debug');
  await new FileSystem(url).ping();
  process.exit();
} else {
  onClientLog(() => undefined);
  void new FileSystem(silent).ping();
  parentPort?.on('message', () => undefined); // stays until it is terminated
}
