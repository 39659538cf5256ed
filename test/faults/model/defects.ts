/**
 * Deliberate defects, which the model must find: texts of compiled files that are replaced. With each comes the shortest way to it, in the
 * model's own steps, since chance would need hours for some.
 */
import type { Patch } from '../../support/patches.js';

/** A step of the model by its name, with its arguments. */
export type Scripted = readonly [step: string, args: object];

export interface Defect {
  name: string;
  patches: readonly Patch[];
  script: readonly Scripted[];
  /** What the model says then. */
  says: RegExp;
}

const noise = (seed: number, size = 1000) => ({ kind: 'noise', size, seed });
const put = (name: string, content = noise(1)): Scripted => [
  'put',
  { cache: 0, name, content, overwrite: true, stream: false },
];
const pass = (autoRemove: string, more: object = {}): Scripted => [
  'backup',
  {
    ...{ cache: 0, autoRemove, verify: 'auto', checksumType: 'adler32', unfinishedAfter: 600 },
    ...{ catalogueSegments: false, dryRun: false, ...more },
  },
];
const meanwhile = (more: object): Scripted => [
  'backup, and meanwhile',
  {
    ...{ cache: 0, autoRemove: 'cached', verify: 'auto', moment: 'captured', acts: [] },
    ...{ checksumType: 'adler32', offline: false, closeFails: false, settleSeconds: 0, ...more },
  },
];
const restore = (more: object = {}): Scripted => [
  'restore',
  { cache: 0, into: 0, path: '.', overwrite: false, verify: 'auto', evict: false, dryRun: false, ...more },
];
const othersReplace = (content: object, more: object = {}): Scripted => [
  'others replace',
  { pick: 0, content, sameSize: true, timeBack: false, ...more },
];
const corrupt: Scripted = ['corrupt', { pick: 0, copy: 'disk', keepChecksums: true }];
const othersDelete: Scripted = ['others delete', { pick: 0 }];

const patch = (file: string, text: string, replacement: string): Patch => ({ file, text, replacement });

/** A pass takes the identity that the walk saw for that of what was read. */
const unread = patch(
  'jobs/backup/backup_record.js',
  "const read = config.verify !== 'size' && record.identity.size > 0n;",
  'const read = false;',
);
const noTape = patch('jobs/record/last_look.js', '(onTape && !now.backUpExists)', 'false');

export const DEFECTS: readonly Defect[] = [
  {
    name: 'a record is removed because something has its name on the server',
    patches: [
      unread,
      patch(
        'rules/remote_state.js',
        'if (remote.size > local.size)',
        "if (remote.kind === 'file') return { state: remote.backUpExists ? 'backed_up' : 'cached', verifiedBy: 'checksum' };\n    if (remote.size > local.size)",
      ),
    ],
    script: [
      put('a'),
      pass('never'),
      othersReplace(noise(2), { sameSize: false }),
      put('a', noise(3, 4096)),
      pass('cached'),
    ],
    says: /was removed from cache 0/,
  },
  {
    name: 'sizes alone are compared, though checksums are asked for',
    patches: [
      unread,
      patch(
        'rules/remote_state.js',
        "return { state, verifiedBy: 'size' };",
        "return { state, verifiedBy: 'size' };\n    return { state, verifiedBy: 'checksum' };",
      ),
    ],
    script: [put('a'), pass('never'), othersReplace(noise(2)), pass('cached')],
    says: /was removed from cache 0/,
  },
  {
    name: 'there is no last look',
    patches: [
      patch('jobs/record/last_look.js', 'const now = await store.stat(path, signal);', 'const now = remote;'),
    ],
    script: [put('a'), meanwhile({ acts: ['others delete'] })],
    says: /was removed from cache 0/,
  },
  {
    name: 'what was captured is not looked at',
    patches: [
      patch(
        'cache/capture.js',
        "return sameButRenamed(before, after) ? undefined : { outcome: 'changed' };",
        'return undefined;',
      ),
    ],
    script: [put('a'), meanwhile({ acts: ['rewrite'] })],
    says: /was removed from cache 0/,
  },
  {
    name: 'nobody asks for writers',
    patches: [patch('posix/writers.js', 'return addon.hasWriters(fd);', 'return false;')],
    script: [put('a'), ['open', { cache: 0, pick: 0, mapped: false }], pass('cached')],
    says: /open for writing/,
  },
  {
    name: 'the error of a close is ignored',
    patches: [
      patch(
        'xrdcl/copy_job.js',
        'const failure = error ?? (',
        'const failure = (error?.errNo === 3009 ? undefined : error) ?? (',
      ),
    ],
    script: [put('a'), meanwhile({ autoRemove: 'never', moment: 'sent', closeFails: true, verify: 'size' })],
    says: /failed to close/,
  },
  {
    name: 'the commit comes after the unlink',
    patches: [
      patch(
        'jobs/record/record_book.js',
        'await this.catalogue?.durable(change);',
        'setTimeout(() => void this.catalogue?.durable(change).catch(() => undefined), 300);',
      ),
    ],
    script: [put('a'), meanwhile({ acts: ['look at the row'] })],
    says: /no row in the catalogue says/,
  },
  {
    name: 'the error of a listing is forgotten',
    patches: [
      patch('jobs/run/list.js', 'yield failedItem(directory, explained(error));', 'explained(error);'),
    ],
    script: [put('d/a'), pass('never'), ['restore of what cannot be listed', { into: 0 }]],
    says: /couldn't list/,
  },
  {
    name: 'the lock is released early',
    patches: [
      patch(
        'jobs/backup/backup.js',
        'const lock = await lockPass(cache, dependencies, options);',
        'const lock = await lockPass(cache, dependencies, options);\n    await lock.release();',
      ),
    ],
    script: [put('a'), meanwhile({ acts: ['another pass'] })],
    says: /two passes/,
  },
  {
    name: 'what is cached counts as backed up',
    patches: [
      patch('rules/removal.js', "facts.autoRemove === 'backed_up' && remote.state !== 'backed_up'", 'false'),
    ],
    script: [put('a'), pass('backed_up')],
    says: /was removed from cache 0 by backed_up/,
  },
  {
    name: 'what is offline counts as on tape',
    patches: [
      noTape,
      patch(
        'rules/remote_state.js',
        "const state = remote.backUpExists ? 'backed_up' : 'cached';",
        "const state = remote.backUpExists || remote.offline ? 'backed_up' : 'cached';",
      ),
    ],
    script: [
      put('a'),
      pass('never'),
      meanwhile({ autoRemove: 'backed_up', offline: true, checksumType: 'crc32c' }),
    ],
    says: /was removed from cache 0 by backed_up/,
  },
  {
    name: 'a record may change while it is copied',
    patches: [patch('jobs/backup/copy_record.js', 'if (!file.isUnchanged()) {', 'if (false) {')],
    script: [put('a'), meanwhile({ autoRemove: 'never', moment: 'sent', acts: ['rewrite'] })],
    says: /changed while it was copied/,
  },
  {
    name: 'nothing has to settle',
    patches: [patch('rules/settling.js', 'if (settleSeconds <= 0)', 'if (true)')],
    script: [put('a'), meanwhile({ autoRemove: 'never', moment: 'sent', settleSeconds: 3600 })],
    says: /had not settled/,
  },
  {
    name: 'a conflict is overwritten',
    patches: [
      patch(
        'rules/remote_state.js',
        'return conflict(`the remote file has other bytes: ${checked.reason}`);',
        'return partial(checked.reason);',
      ),
    ],
    script: [put('a'), pass('never'), put('a', noise(2)), pass('never')],
    says: /changed the remote file a/,
  },
  {
    name: 'a copy is taken back by its path',
    patches: [
      patch(
        'jobs/backup/take_back.js',
        'const doubt = await doubtOf(record, remote, made, sent, context);',
        'const doubt = undefined;',
      ),
    ],
    script: [
      put('a'),
      meanwhile({ autoRemove: 'never', moment: 'sent', acts: ['rewrite', 'others replace'] }),
    ],
    says: /changed the remote file a/,
  },
  {
    name: 'a restore compares nothing',
    patches: [patch('jobs/restore/restore_record.js', 'await checkReceived(entry, received, expected);', '')],
    script: [put('a'), pass('cached'), corrupt, restore()],
    says: /a restore gave a wrong bytes/,
  },
  {
    name: 'a restore publishes before it compares',
    patches: [
      patch(
        'jobs/restore/restore_record.js',
        'await checkReceived(entry, received, expected);\n        await incoming.publish();',
        'await incoming.publish();\n        await checkReceived(entry, received, expected);',
      ),
    ],
    script: [put('a'), pass('cached'), corrupt, restore()],
    says: /a restore gave a wrong bytes/,
  },
  {
    name: 'a restore replaces what is there',
    patches: [
      patch(
        'rules/restoring.js',
        'if (local.size !== remote.size)\n        return overwrite',
        'if (local.size !== remote.size)\n        return true',
      ),
    ],
    script: [
      put('a'),
      pass('never'),
      restore(),
      put('a', noise(2, 4096)),
      othersDelete,
      pass('never'),
      restore(),
    ],
    says: /without overwrite replaced a/,
  },
  {
    name: 'retention removes what is not on tape',
    patches: [noTape, patch('rules/retention.js', "autoRemove: 'backed_up'", "autoRemove: 'cached'")],
    script: [
      put('a'),
      pass('never'),
      ['publish', { pick: 0, name: 'a', content: noise(1), asArchived: true, old: true }],
      ['retention', { cache: 0, verify: 'auto', dryRun: false, confirm: true }],
    ],
    says: /was removed from online storage/,
  },
  {
    name: 'what was once compared is believed without asking',
    patches: [
      unread,
      patch(
        'jobs/backup/backup_record.js',
        'const found = await classifyRecord(record.path, size, remote',
        "const found = proven ? { state: remote.backUpExists ? 'backed_up' : 'cached', verifiedBy: 'checksum', local: [] } : await classifyRecord(record.path, size, remote",
      ),
    ],
    script: [
      put('a'),
      pass('never'),
      ['others rewrite', { pick: 0, seed: 9, timeBack: true }],
      pass('cached'),
    ],
    says: /was removed from cache 0/,
  },
  {
    name: 'success is told, though something failed',
    patches: [patch('cli/pass.js', 'return failed + conflicts > 0 ?', 'return false ?')],
    script: [put('a'), pass('never'), put('a', noise(2)), pass('never')],
    says: /ended with 0/,
  },
  {
    name: 'what is lost on the server is not told',
    patches: [
      patch(
        'jobs/backup/follow_up.js',
        "for (const state of ['lost', 'waiting'])\n            await forEachConcurrent(",
        'for (const state of [])\n            await forEachConcurrent(',
      ),
    ],
    script: [put('a'), pass('cached'), othersDelete, put('b'), meanwhile({ autoRemove: 'never' })],
    says: /which has left the cache, is lost/,
  },
  {
    name: 'put writes under the real name',
    patches: [
      patch(
        'cache/ingest.js',
        'await openTemporary(root, parent, options);',
        'await openTemporary(root, parent, { ...options, name });',
      ),
      patch('cache/ingest.js', 'const temporary = incomingName();', 'const temporary = options.name;'),
    ],
    script: [['put, and look meanwhile', { cache: 0, name: 'a', content: noise(1) }]],
    says: /has its name, before all of it was put/,
  },
  {
    name: 'a dry run copies',
    patches: [
      patch(
        'jobs/backup/backup_record.js',
        "if (!decision.perform)\n                return { result: 'copied'",
        "if (false)\n                return { result: 'copied'",
      ),
    ],
    script: [put('a'), pass('never', { dryRun: true })],
    says: /copies nothing made the remote file a/,
  },
];
