/** worker_only <server> <large local file>: the main thread never loads the addon. */
import { Worker } from 'node:worker_threads';

const [url = '', large = ''] = process.argv.slice(2);
for (const task of ['work', 'work', 'exit']) {
  const worker = new Worker(new URL('./lifetime_worker.js', import.meta.url), { argv: [task, url, large] });
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
}
