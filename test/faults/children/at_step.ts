/**
 * Loaded before a pass (`node --import`), in its main thread and in the catalogue's: says so when a step is reached for the `nth` time, and
 * ends the process there; with `go` it stands still instead, until that file exists. The step is in the environment: see `stepIn`.
 */
import { existsSync, writeSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread, parentPort } from 'node:worker_threads';
import Database from 'libsql';
import { Catalogue } from '../../../lib/catalogue/catalogue.js';
import type { Change } from '../../../lib/catalogue/changes.js';
import type { Request } from '../../../lib/catalogue/messages.js';
import { REACHED, type Step, type StepPlace } from '../../support/passes_to_kill.js';

const { step: wanted, nth, go } = JSON.parse(process.env['AT_STEP'] ?? '{}') as Step;
const CAPTURE = '.xrootd-archive.removing.';
let seen = 0;

function at(step: StepPlace): void {
  if (step !== wanted) return;
  seen += 1;
  if (seen !== nth) return;
  writeSync(2, REACHED);
  if (go === undefined) process.kill(process.pid, 'SIGKILL');
  else while (!existsSync(go)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

if (isMainThread) aroundMain();
else aroundThread();

function aroundMain(): void {
  const { durable, note, flush, close } = Catalogue.prototype;
  Catalogue.prototype.durable = async function (change) {
    if (change.kind !== 'removing') {
      await durable.call(this, change);
      return;
    }
    at('before it asks for the commit');
    await durable.call(this, change);
    at('after the commit, before the capture');
  };
  Catalogue.prototype.note = function (change) {
    if (change.kind === 'removed') at('after the unlink, before the note');
    note.call(this, change);
    if (change.kind === 'removed') at('after the note, before its commit');
  };
  Catalogue.prototype.flush = async function () {
    at('before the last commit');
    await flush.call(this);
    at('after the last commit');
  };
  Catalogue.prototype.close = async function () {
    at('before it closes');
    await close.call(this);
    at('after it closed');
  };
  const { rename, unlink } = fs;
  const isCapture = (path: unknown) => String(path).includes(CAPTURE);
  const renaming: typeof rename = async (from, to) => {
    await rename(from, to);
    if (isCapture(to)) at('after the capture, before the last look');
  };
  const unlinking: typeof unlink = async (path) => {
    // One that is put back has its name again.
    const removes = isCapture(path) && !existsSync(String(path).replace(CAPTURE, ''));
    if (removes) at('after the last look, before the unlink');
    await unlink(path);
    if (removes) at('after the unlink');
  };
  Object.assign(fs, { rename: renaming, unlink: unlinking });
  syncBuiltinESMExports();
}

function aroundThread(): void {
  const port = parentPort;
  if (port === null) return;
  let changes: readonly Change[] = [];
  let closing = false;
  const on = port.on.bind(port) as (event: string, listener: (request?: Request) => void) => typeof port;
  port.on = ((event: string, listener: (request?: Request) => void) =>
    on(event, (request) => {
      changes = request?.operation === 'write' ? (request.ask as readonly Change[]) : [];
      closing = request?.operation === 'close';
      listener(request);
    })) as typeof port.on;
  const prototype = Database.prototype;
  const { exec, close } = prototype;
  const has = (kind: Change['kind']) => changes.some((change) => change.kind === kind);
  prototype.exec = function (sql) {
    const commits = sql === 'COMMIT';
    if (commits && has('removing')) at('in the transaction');
    if (commits && has('removed')) at('in the transaction of the note');
    const done = exec.call(this, sql);
    if (commits && has('removing')) at('after the commit, before its answer');
    if (commits && has('removed')) at('after the commit of the note');
    return done;
  };
  prototype.close = function () {
    // While it is opened it is made by a connection of its own, or looked at.
    at(closing ? 'before the file is closed' : 'before the made file is closed');
    const done = close.call(this);
    at(closing ? 'after the file is closed' : 'after the made file is closed');
    return done;
  };
}
