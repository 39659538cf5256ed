/** Large files: bytes count, and what verifying them costs. */
import type { Bench } from '../harness/bench.js';
import { uploading, type Copier } from '../harness/copying.js';
import { oursBackup } from '../harness/ours.js';
import { ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { bestXrdcp } from '../harness/search.js';
import { cpUp } from '../peers/cp.js';
import { xrdcpUp } from '../peers/xrdcp.js';
import { largeData } from './data_sets.js';

const full = 'ours, verify auto';
const sizes = 'ours, verify size';
const xrdcp = 'xrdcp';
const xrdcpChecksum = 'xrdcp --cksum adler32';

export const large: Scenario = { name: 'large', title: 'backup of 10 × 200 MB', run };

async function run(bench: Bench): Promise<Findings> {
  const data = largeData(bench);
  const plain = await bestXrdcp(bench, { data }, { streams: true });
  const summed = await bestXrdcp(bench, { data }, { streams: true, checksum: true });
  const up = (name: string, copier: Copier) => uploading(bench, data, name, copier, { unit: 'MB' });
  const results = await bench.turns([
    up(full, oursBackup(bench)),
    up(sizes, oursBackup(bench, { verify: 'size' })),
    plain && up(xrdcp, xrdcpUp(plain.best)),
    summed && up(xrdcpChecksum, xrdcpUp(summed.best)),
    up('cp -r', cpUp(bench)),
  ]);
  return {
    facts: {
      ...(plain && { 'xrdcp --parallel': plain.tried }),
      ...(summed && { 'xrdcp --parallel, with checksums': summed.tried }),
    },
    results,
    wishes: [
      ratio(full, xrdcpChecksum, 1.1),
      ratio(sizes, xrdcp, 1),
      ratio(full, sizes, 1 / 1.15),
      ratio(full, xrdcp),
      ratio(sizes, 'cp -r'),
    ],
  };
}
