/**
 * An ingest service: records come in by HTTP, go to tape, and come back one at a time.
 *
 *   PUT    /records/PATH    upload to the cache; answers with size and checksum
 *   POST   /backup          begins a pass: what is in the cache goes to the server
 *   POST   /restores/PATH   begins to bring one record back from tape, which can take hours
 *   GET    /restores/PATH   its bytes, once they are here
 *   DELETE /restores/PATH   we no longer need them here
 *   GET    /events          what happens meanwhile, as server-sent events
 *
 * node server.js archive.yaml [port]
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Archive, CacheError, ConfigError, loadConfig } from 'xrootd-archive';
import { EventStreams } from './event_streams.js';

const { config } = await loadConfig(process.argv[2], {}, { cache: true });
const archive = new Archive(config);
const scratch = resolve(process.env.SCRATCH ?? 'restored');
await mkdir(scratch, { recursive: true });

const streams = new EventStreams();
archive.onAny((event) => streams.send(event));

const stopping = new AbortController();
/** @type {Set<Promise<void>>} */
const jobs = new Set();

/**
 * Runs beside the requests. Its events tell how it goes; what ends it is in the log, and in an event of ours.
 * @param {() => Promise<void>} run
 */
function begin(run) {
  const job = run().catch((error) => {
    console.error(error);
    streams.send({ type: 'job:failed', message: String(error) });
  });
  jobs.add(job);
  void job.finally(() => jobs.delete(job));
}

let passRuns = false;

async function pass() {
  passRuns = true;
  try {
    await archive.backup({ signal: stopping.signal });
  } finally {
    passRuns = false;
    streams.send({ type: 'backup:ended' });
  }
}

/**
 * @typedef {{ state: 'waiting' | 'here' | 'failed', directory: string }} Restored
 * @type {Map<string, Restored>}
 */
const restores = new Map(); // by the record's path

/**
 * Whether the archive knows a record of this name: then it isn't a directory, or everything. Asks the catalogue, no server.
 * @param {string} path
 */
async function isRecord(path) {
  for await (const found of archive.find([], { list: [path] }))
    return !('failed' in found) && found.path === path;
  return false;
}

/** @param {string} path of a record */
async function restore(path) {
  /** @type {Restored} */
  const restored = { state: 'waiting', directory: '' };
  restores.set(path, restored);
  try {
    // Each in a directory of its own, which goes as a whole.
    restored.directory = await mkdtemp(join(scratch, 'record-'));
    const options = { to: restored.directory, evict: true, signal: stopping.signal };
    // `list` takes plain paths: no character of a name is a pattern.
    const { copied } = await archive.restore([], { list: [path], ...options });
    restored.state = copied === 1 ? 'here' : 'failed';
  } catch (error) {
    restored.state = 'failed';
    throw error;
  } finally {
    streams.send({ type: `restore:${restored.state}`, path });
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {object} body
 */
function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function handle(request, response) {
  const [, place = '', ...parts] = (request.url ?? '/').split('?')[0]?.split('/') ?? [];
  const path = decodeURIComponent(parts.join('/'));

  switch (`${request.method} /${place}`) {
    case 'PUT /records': {
      const checksum = request.headers['x-checksum']; // "crc32c:364b3fb7": other bytes are refused
      const options = typeof checksum === 'string' ? { checksum } : {};
      // put() would destroy a stream that it refuses, and with the request the connection that the answer needs.
      const bytes = request.iterator({ destroyOnReturn: false });
      // An upload that breaks off rejects, and nothing of it stays. `fsync`: once they have the answer, senders may
      // delete their own copy.
      return answer(response, 201, await archive.put(path, bytes, { ...options, fsync: true }));
    }
    case 'POST /backup':
      if (passRuns) return answer(response, 409, { error: 'a pass is running' });
      begin(pass);
      return answer(response, 202, { started: true });
    case 'POST /restores':
      if (!(await isRecord(path)))
        return answer(response, 404, { error: 'no pass has copied such a record' });
      if ((restores.get(path)?.state ?? 'failed') === 'failed') begin(() => restore(path));
      return answer(response, 202, { path });
    case 'GET /restores': {
      const restored = restores.get(path);
      if (restored === undefined) return answer(response, 404, { error: 'nobody asked for it: POST first' });
      if (restored.state === 'failed') return answer(response, 502, { error: 'see GET /events, or the log' });
      if (restored.state === 'waiting') return answer(response, 202, { state: 'waiting' });
      return pipeline(createReadStream(join(restored.directory, path)), response);
    }
    case 'DELETE /restores': {
      const restored = restores.get(path);
      if (restored === undefined || restored.state === 'waiting')
        return answer(response, 409, { error: 'not yet here' });
      restores.delete(path);
      if (restored.directory !== '') await rm(restored.directory, { recursive: true, force: true });
      return answer(response, 200, { deleted: path });
    }
    case 'GET /events':
      streams.add(response);
      return;
    default:
      answer(response, 404, { error: 'no such place' });
  }
}

/** @param {unknown} error */
function statusOf(error) {
  if (error instanceof CacheError)
    return { AlreadyExists: 409, ChecksumMismatch: 422 }[/** @type {string} */ (error.code)] ?? 400;
  if (error instanceof ConfigError || error instanceof TypeError || error instanceof URIError) return 400;
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  return code === 'ENOSPC' || code === 'EDQUOT' ? 507 : 500;
}

const server = createServer((request, response) => {
  handle(request, response).catch((/** @type {unknown} */ error) => {
    if (response.headersSent) return void response.destroy();
    const status = statusOf(error);
    if (status === 500) console.error(error);
    answer(response, status, { error: String(error) });
    request.resume(); // the rest of an upload that was refused
  });
});
server.listen(Number(process.argv[3] ?? 8080), '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${address.port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    // Jobs end cleanly: what they were copying is removed, and the next pass goes on.
    stopping.abort();
    streams.end();
    server.close();
    void Promise.all(jobs).then(() => server.closeAllConnections());
  });
