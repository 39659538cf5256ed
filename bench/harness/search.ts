/** Peers run at their best: which parallelism that is, is found by trying. */
import { floorDown, floorUp, floorWays } from '../peers/floor.js';
import { xrdcpDown, xrdcpUp, type XrdcpOptions } from '../peers/xrdcp.js';
import type { Bench } from './bench.js';
import { downloading, uploading, type Copier } from './copying.js';
import type { DataSet } from './data.js';

export interface Best<T> {
  best: T;
  /** What was tried, with seconds, for the record. */
  tried: string;
}

export interface SearchRoom {
  /** What to try with: of the kind that the scenario measures, but maybe fewer. */
  data: DataSet;
  /** Its path on the server, for downloads; undefined: uploads. */
  held?: string | undefined;
}

/** Much worse than the best so far: those that ask for still more needn't be tried. */
const hopeless = 2;

/**
 * The fastest of the candidates, which are in ascending order; each is tried twice, its better time counts.
 * @throws {Error} without candidates
 */
export async function fastest<T>(
  bench: Bench,
  candidates: readonly T[],
  label: (candidate: T) => string,
  seconds: (candidate: T) => Promise<number>,
): Promise<Best<T>> {
  const times: { candidate: T; time: number }[] = [];
  for (const candidate of candidates) {
    let time = await seconds(candidate);
    const least = Math.min(...times.map((each) => each.time));
    if (!bench.options.quick && time < hopeless * least) time = Math.min(time, await seconds(candidate));
    times.push({ candidate, time });
    bench.say(`search: ${label(candidate)}: ${time.toFixed(3)} s`);
    if (time > hopeless * least) break;
  }
  const best = times.reduce((a, b) => (b.time < a.time ? b : a));
  return {
    best: best.candidate,
    tried: times.map(({ candidate, time }) => `${label(candidate)}: ${time.toFixed(2)} s`).join(', '),
  };
}

/**
 * xrdcp's best parallelism, then, for files that are large enough, its best number of connections with that.
 * @returns undefined if there is no xrdcp
 */
export async function bestXrdcp(
  bench: Bench,
  room: SearchRoom,
  { checksum = false, streams = false }: { checksum?: boolean; streams?: boolean } = {},
): Promise<Best<XrdcpOptions> | undefined> {
  if (bench.peers.xrdcp === undefined) return undefined;
  const make = room.held === undefined ? xrdcpUp : xrdcpDown;
  const label = (options: XrdcpOptions) =>
    `${options.parallel}${(options.streams ?? 1) > 1 ? ` × ${options.streams!} streams` : ''}`;
  const seconds = (options: XrdcpOptions) => attempt(bench, room, 'xrdcp', make(options));
  const parallel = [1, 2, 4, 8, 16, 32, 64, 128].filter((n) => n < 2 * room.data.files);
  const tries = bench.options.quick ? [1, 4] : parallel;
  const first = await fastest(
    bench,
    tries.map((n) => ({ parallel: n, checksum })),
    label,
    seconds,
  );
  if (!streams || bench.options.quick) return first;
  const more = [1, 2, 4, 8].map((n) => ({ ...first.best, streams: n }));
  const second = await fastest(bench, more, label, seconds);
  return { best: second.best, tried: `${first.tried}; ${second.tried}` };
}

/** The faster one of the floor's two ways. */
export async function bestFloor(
  bench: Bench,
  room: SearchRoom,
  parallel: number,
): Promise<Best<(typeof floorWays)[number]>> {
  const make = room.held === undefined ? floorUp : floorDown;
  return await fastest(
    bench,
    floorWays,
    (way) => way,
    (way) => attempt(bench, room, 'floor', make(bench, way, parallel)),
  );
}

function attempt(bench: Bench, { data, held }: SearchRoom, name: string, copier: Copier): Promise<number> {
  return bench.once(
    held === undefined ? uploading(bench, data, name, copier) : downloading(bench, data, held, name, copier),
  );
}
