import { FileSystem } from '../../../lib/xrdcl/index.js';

const [url = ''] = process.argv.slice(2);
const fs = new FileSystem(url);
const stop = new AbortController();
const requests = [
  fs.stat('/', { signal: stop.signal }),
  fs.queryChecksum('/d', undefined, { signal: stop.signal }),
  fs.dirList('/', { signal: stop.signal }).next(),
];
setTimeout(() => {
  stop.abort();
}, 100);
await Promise.allSettled(requests);
