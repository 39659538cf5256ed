/** Users who work in a cache while a pass does, and jobs that run at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { LockedError, type Archive } from '../../../../lib/index.js';
import { bytesOf, content, hashOf, type Content } from '../content.js';
import { checkJob } from '../invariant.js';
import { job } from '../job.js';
import type { Tree } from '../look.js';
import { cache, name } from '../names.js';
import { step, type AnyStep } from '../step.js';
import type { Truth } from '../truth.js';
import { UserProcess, type UserAnswer } from '../user_process.js';
import type { World } from '../world.js';
import { passOptions, removalsOf } from './backup.js';

interface Act {
  act: 'write' | 'replace' | 'append' | 'delete' | 'put';
  name: string;
  content: Content;
  /** After so many events of the pass, and so many milliseconds more. */
  events: number;
  ms: number;
}

const act: fc.Arbitrary<Act> = fc.record({
  act: fc.constantFrom('write', 'replace', 'append', 'delete', 'put'),
  ...{ name, content },
  events: fc.nat(14),
  ms: fc.constantFrom(0, 0, 1, 3, 10),
});

const users = new WeakMap<World, UserProcess>();

function userOf(world: World): UserProcess {
  const user = users.get(world) ?? UserProcess.start();
  if (!users.has(world)) world.undo.push(() => user.stop());
  users.set(world, user);
  return user;
}

/** Each act begins when its time has come; when the pass has ended, all that is left begins. */
function besidePass(archive: Archive, acts: readonly Act[], begin: (act: Act) => Promise<void>) {
  let seen = 0;
  const left = [...acts];
  // A user does one thing after the other.
  let user = Promise.resolve();
  const due = () => {
    for (const act of left.filter(({ events }) => events <= seen)) {
      left.splice(left.indexOf(act), 1);
      user = user.then(() => sleep(act.ms)).then(() => begin(act));
    }
  };
  archive.onAny(() => {
    seen += 1;
    due();
  });
  return async () => {
    seen = Infinity;
    due();
    await user;
  };
}

async function perform(
  world: World,
  truth: Truth,
  index: number,
  { act, name, content }: Act,
  had: Tree,
): Promise<void> {
  const bytes = bytesOf(content);
  const answer =
    act === 'put'
      ? await put()
      : await userOf(world).ask({
          act,
          path: join(world.caches[index]!, name),
          beside: join(world.directory, 'beside of the user'),
          bytes: Buffer.from(bytes).toString('base64'),
        });
  if (!answer.done) return;
  const local = truth.local[index]!;
  const hash = local.get(name) ?? '';
  const was = had.get(name);
  const seen = was?.hash === hash ? was : truth.besideSeen.get(`${index} ${hash}`);
  // Its name was free: the pass has the record in hand, or has removed it.
  if (answer.overwrote === false && seen !== undefined)
    truth.inFlight.push({ cache: index, path: name, seen });
  // Only these two acts take a name from what has it: whatever else removes a link isn't the user.
  if (was?.hash.startsWith('link:') === true && (act === 'delete' || act === 'replace'))
    truth.besideUnlinked.add(`${index} ${name}`);
  if (answer.hash === undefined) local.delete(name);
  else {
    const { hash, size = 0, ino = 0 } = answer;
    const names = act === 'write' || act === 'append' ? namesOf(world, truth, index, answer, had) : [];
    for (const changed of new Set([name, ...names])) {
      local.set(changed, hash);
      const key = `${index} ${changed}`;
      truth.beside.set(key, new Set([...(truth.beside.get(key) ?? []), hash]));
    }
    truth.besideSeen.set(`${index} ${hash}`, { hash, size, ino: BigInt(ino) });
    truth.besideInodes.set(`${index} ${name}`, BigInt(ino));
  }
  truth.log.push(`    meanwhile ${act} ${name}`);

  /** Without overwrite: it succeeds only if the name is free. */
  async function put(): Promise<UserAnswer> {
    try {
      await world.archive(index).put(name, bytes);
      return { done: true, overwrote: false, hash: hashOf(bytes), size: bytes.length };
    } catch {
      return { done: false };
    }
  }
}

/** Records that are other names of the file that a user wrote into: all names of a hard link have the new bytes. */
function namesOf(
  world: World,
  truth: Truth,
  index: number,
  { ino = 0, links = 1 }: UserAnswer,
  had: Tree,
): string[] {
  if (links < 2) return [];
  const inode = BigInt(ino);
  const known = [...truth.local[index]!.keys()].filter(
    (path) => (truth.besideInodes.get(`${index} ${path}`) ?? had.get(path)?.ino) === inode,
  );
  if (known.length <= links) return known;
  // The pass has removed some of them before, with the bytes of then.
  const root = world.caches[index]!;
  const trees = [world.looker.tree(root), world.looker.captures(root)];
  return known.filter((path) => trees.some((tree) => tree.get(path)?.ino === inode));
}

export const besides: AnyStep[] = [
  step({
    name: 'backup beside users',
    weight: 4,
    args: fc.record({ cache, ...passOptions, acts: fc.array(act, { minLength: 1, maxLength: 6 }) }),
    async run(world, truth, { cache, autoRemove, verify, checksumType, unfinishedAfter, acts }) {
      const before = world.sight();
      for (const [path, { hash }] of before.caches[cache]!)
        truth.beside.set(`${cache} ${path}`, new Set([hash]));
      truth.offered(cache);
      const archive = world.archive(cache, {
        ...{ autoRemove, verify, checksumType, unfinishedAfterSeconds: unfinishedAfter },
      });
      const rest = besidePass(archive, acts, (act) =>
        perform(world, truth, cache, act, before.caches[cache]!),
      );
      try {
        await job(truth, () => archive.backup());
      } finally {
        await rest();
      }
      truth.offered(cache);
      await checkJob(world, truth, before, {
        uploads: [{ cache, unfinishedAfter }],
        removals: removalsOf(cache, autoRemove, verify),
      });
    },
  }),
  step({
    name: 'passes at once',
    weight: 2,
    args: fc.record({
      ...{ autoRemove: passOptions.autoRemove, verify: passOptions.verify },
      which: fc.constantFrom('caches' as const, 'shards' as const, 'the same twice' as const),
    }),
    async run(world, truth, { which, autoRemove, verify }) {
      const before = world.sight();
      const caches = which === 'caches' ? [0, 1] : [0, 0];
      for (const cache of caches) truth.offered(cache);
      const passes = caches.map((cache, index) => {
        const archive = world.archive(cache, { autoRemove, verify });
        const shard = which === 'shards' ? { shard: { index, count: 2 } } : {};
        return job(truth, () => archive.backup(shard)).catch((error: unknown) => {
          if (which !== 'the same twice' || !(error instanceof LockedError)) throw error;
        });
      });
      await Promise.all(passes);
      await checkJob(world, truth, before, {
        uploads: caches.map((cache) => ({ cache, unfinishedAfter: 600 })),
        removals: [...new Set(caches)].flatMap((cache) => removalsOf(cache, autoRemove, verify)),
      });
    },
  }),
];
