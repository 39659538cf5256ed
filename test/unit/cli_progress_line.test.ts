import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fractionOf, progressLine, type Progress } from '../../lib/cli/progress_line.js';

const base: Progress = {
  filesDone: 92,
  filesKnown: 203,
  bytesDone: 276_400_000,
  bytesKnown: 604_000_000,
  walkDone: true,
  rate: 118_000_000,
  etaSeconds: 2.7,
  copying: 8,
};

const count = fc.nat({ max: 2_000_000_000 });
const progresses: fc.Arbitrary<Progress> = fc.record(
  {
    filesDone: count,
    filesKnown: count,
    bytesDone: fc.double({ min: 0, max: 1e19, noNaN: true }),
    bytesKnown: fc.double({ min: 0, max: 1e19, noNaN: true }),
    walkDone: fc.boolean(),
    rate: fc.double({ min: 0, max: 1e12, noNaN: true }),
    etaSeconds: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    copying: fc.nat({ max: 255 }),
    waitingForTape: count,
  },
  {
    requiredKeys: [
      ...(['filesDone', 'filesKnown', 'bytesDone', 'bytesKnown'] as const),
      ...(['walkDone', 'rate', 'etaSeconds', 'copying'] as const),
    ],
  },
);

const restoring: Progress = {
  ...base,
  filesDone: 356,
  filesKnown: 500,
  copying: 12,
  waitingForTape: 132,
};

describe('the progress line', () => {
  it('tells files, bytes, rate and time left', () => {
    const line = progressLine(base, 100);
    assert.match(
      line,
      /^\[█{13}░{17}\] {2}45% {2}92\/203 files {2}276\.4 MB of 604\.0 MB {2}118\.0 MB\/s {2}3 s left$/,
    );
  });

  it('claims no part of a whole that is not known yet', () => {
    const line = progressLine({ ...base, walkDone: false }, 120);
    assert.match(line, /^\[░+\] .*…% {2}92\/203\+ files .*looking for files$/);
  });

  it('counts files where there are no bytes', () => {
    assert.equal(fractionOf({ ...base, bytesDone: 0, bytesKnown: 0, filesDone: 1, filesKnown: 4 }), 0.25);
  });

  it('is not done while files are not', () => {
    const line = progressLine({ ...base, bytesDone: base.bytesKnown, etaSeconds: 0 }, 120);
    assert.match(line, / 99% .*verifying$/);
  });

  it('is 100 % at the end', () => {
    const done = { ...base, filesDone: 203, bytesDone: base.bytesKnown, etaSeconds: 0 };
    assert.match(progressLine(done, 120), /\] 100% {2}203\/203 files/);
  });

  it('tells the phases of a restore', () => {
    const line = progressLine(restoring, 140);
    assert.match(
      line,
      /^\[█+░+\] {2}45% {2}waiting for tape 132 of 500, copying 12, done 356 {2}118\.0 MB\/s {2}3 s left {2}276\.4 MB of 604\.0 MB$/,
    );
  });

  it('keeps phases, rate and time left on a terminal of 80 columns', () => {
    const line = progressLine(restoring, 79);
    assert.match(
      line,
      /45% {2}waiting for tape 132 of 500, copying 12, done 356 {2}118\.0 MB\/s {2}3 s left$/,
    );
  });

  it('names no phase that nothing is in', () => {
    const nothingWaits = progressLine({ ...restoring, waitingForTape: 0 }, 140);
    assert.match(nothingWaits, /45% {2}copying 12, done 356 of 500 {2}/);
    const tapeOnly = progressLine({ ...restoring, walkDone: false, copying: 0, rate: 0 }, 140);
    assert.match(tapeOnly, /…% {2}waiting for tape 132 of 500\+, done 356 {2}looking for files {2}/);
  });

  it('fits into any width, whatever the numbers are', () => {
    fc.assert(
      fc.property(progresses, fc.integer({ min: 1, max: 300 }), (progress, width) => {
        const line = progressLine(progress, width);
        assert.ok(line.length <= width, `${line.length} > ${width}: ${line}`);
        assert.doesNotMatch(line, /NaN|undefined|Infinity|\n/);
      }),
    );
  });

  it('names the file that is in flight where there is room, the end of its path first', () => {
    const inFlight = [{ path: '2026/03/run-0001/detector\n7.h5', bytes: 1, size: 2 }];
    const wide = progressLine({ ...base, inFlight }, 160);
    assert.match(wide, / {2}2026\/03\/run-0001\/detector\\x0a7\.h5$/);
    const plain = progressLine(base, 160);
    const tight = progressLine({ ...base, inFlight }, plain.length + 20);
    assert.match(tight, / {2}…\S{17}$/);
    assert.equal(tight.length, plain.length + 20);
    assert.equal(progressLine({ ...base, inFlight }, plain.length + 5), progressLine(base, plain.length + 5));
  });
});
