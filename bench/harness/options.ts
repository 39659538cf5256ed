/** What the command line asks for. */
import { parseArgs } from 'node:util';
import type { ArchiveOptions } from '../../lib/index.js';

export interface BenchOptions {
  /** Scenarios; empty: all. */
  names: string[];
  /** Tiny amounts, one round: only shows that everything runs. */
  quick: boolean;
  rounds: number;
  /** Seconds to wait, at most, before each run until nobody else works on this machine. */
  calm: number;
  /** Where the JSON goes; undefined: bench-results/<date>.json. */
  out: string | undefined;
  /** Where servers and records live; undefined: the system's temporary directory. */
  directory: string | undefined;
  /** Added to the library's defaults for every contestant of ours; what a scenario compares on purpose wins. */
  ours: Partial<ArchiveOptions>;
  /** For Node.js, in every contestant of ours: `--cpu-prof`, … */
  nodeOptions: string[];
  /** Only contestants whose name has one of these in it; ratios with the others can't be told. Empty: all. */
  only: string[];
}

export const usage = `npm run bench [-- NAME…] [-- OPTIONS]

  NAME…           scenarios; none: all of them, one after the other
  --quick         tiny amounts, one round: only shows that everything runs
  --rounds N      default 5
  --calm SECONDS  before each run, wait at most so long until nobody else works on this machine; default 0
  --out FILE      the JSON; default bench-results/<date>.json
  --dir DIRECTORY where servers and records live; default the system's temporary directory
  --ours JSON     options of the library for every contestant of ours: '{"parallelCopies":32}'
  --node OPTION   for Node.js in every contestant of ours, repeatable: --node=--cpu-prof
  --only TEXT     only contestants with this in their name, repeatable
  --help
`;

/** @returns undefined when help was asked for; @throws {Error} for what isn't an option */
export function readOptions(args: string[]): BenchOptions | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      calm: { type: 'string', default: '0' },
      out: { type: 'string' },
      dir: { type: 'string' },
      ours: { type: 'string', default: '{}' },
      node: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1');
  return {
    names: positionals,
    quick: values.quick,
    rounds,
    calm: Number(values.calm),
    out: values.out,
    directory: values.dir,
    ours: JSON.parse(values.ours) as Partial<ArchiveOptions>,
    nodeOptions: values.node,
    only: values.only,
  };
}
