/** Small files: what one file costs. */
import type { Bench } from '../harness/bench.js';
import { uploading, type Copier } from '../harness/copying.js';
import { oursBackup } from '../harness/ours.js';
import { innerRatio, ratio } from '../harness/result.js';
import type { Findings, Scenario } from '../harness/scenario.js';
import { bestFloor, bestXrdcp } from '../harness/search.js';
import { floorUp } from '../peers/floor.js';
import { pythonBackup } from '../peers/python.js';
import { xrdcpUp } from '../peers/xrdcp.js';
import { fewData, smallData } from './data_sets.js';

const full = 'ours, verify auto';
const asked = 'ours, verify checksum';
const sizes = 'ours, verify size';
const xrdcp = 'xrdcp';
const xrdcpChecksum = 'xrdcp --cksum adler32';
const python = 'python';
/** At which the binding is compared with its floor. */
const parallelisms = [8, 32];
const oursAt = (parallel: number) => `ours, verify size, ${parallel} copies`;
const floorAt = (parallel: number) => `floor, ${parallel} copies`;

export const small: Scenario = { name: 'small', title: 'backup of 10,000 × 100 kB', run };

async function run(bench: Bench): Promise<Findings> {
  const [data, few] = [smallData(bench), fewData(bench)];
  const plain = await bestXrdcp(bench, { data: few });
  const summed = await bestXrdcp(bench, { data: few }, { checksum: true });
  const floor = await bestFloor(bench, { data: few }, parallelisms[0]!);
  const up = (name: string, copier: Copier) => uploading(bench, data, name, copier);
  const results = await bench.turns([
    up(full, oursBackup(bench)),
    up(asked, oursBackup(bench, { verify: 'checksum' })),
    up(sizes, oursBackup(bench, { verify: 'size' })),
    plain && up(xrdcp, xrdcpUp(plain.best)),
    summed && up(xrdcpChecksum, xrdcpUp(summed.best)),
    bench.peers.python &&
      up(python, pythonBackup(bench.peers.python.program, { copied: data.files, present: 0 })),
    ...parallelisms.flatMap((parallel) => [
      up(oursAt(parallel), oursBackup(bench, { verify: 'size', parallelCopies: parallel })),
      up(floorAt(parallel), floorUp(bench, floor.best, parallel)),
    ]),
  ]);
  return {
    facts: {
      ...(plain && { 'xrdcp --parallel': plain.tried }),
      ...(summed && { 'xrdcp --parallel, with checksums': summed.tried }),
      floor: floor.tried,
    },
    results,
    wishes: [
      ratio(full, python, 3),
      ratio(full, xrdcp, 1),
      ratio(sizes, xrdcp, 1.2),
      ratio(full, xrdcpChecksum, 3),
      ...parallelisms.map((each) => innerRatio(oursAt(each), floorAt(each), 0.9)),
      ratio(full, sizes),
    ],
  };
}
