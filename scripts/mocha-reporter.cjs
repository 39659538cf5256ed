'use strict';
/**
 * mocha's spec reporter, and three things more. With MOCHA_TOTALS set, the numbers and the failures go to new files in
 * that folder; with TEST_REPORT set, what scripts/test.mjs needs to know goes to that file. A process that doesn't end by
 * itself after its tests is a failure, not an endless wait.
 */
const fs = require('node:fs');
const path = require('node:path');
const { Spec } = require('mocha').reporters;

const PATIENCE_SECONDS = 30;

function giveUp() {
  console.error(
    `\nThe tests are over, but after ${PATIENCE_SECONDS} s something still holds the process: ` +
      `${process.getActiveResourcesInfo().join(', ') || 'native threads'}`,
  );
  process.kill(process.pid, 'SIGKILL');
}

module.exports = class SpecAndTotals extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = [];
    const passed = [];
    const skipped = [];
    runner.on('pass', (test) => passed.push({ title: test.fullTitle(), ms: test.duration }));
    runner.on('pending', (test) => skipped.push(test.fullTitle()));
    runner.on('fail', (test, error) =>
      failed.push({ title: test.fullTitle(), text: `${error.stack ?? error}\n` }),
    );
    runner.once('end', () => {
      setTimeout(giveUp, PATIENCE_SECONDS * 1000).unref();
      const { MOCHA_TOTALS: folder, TEST_REPORT: report } = process.env;
      if (folder) {
        const numbers = { passed: passed.length, failed: failed.length, skipped: skipped.length };
        const file = path.join(folder, `${process.pid}-${Date.now()}`);
        fs.writeFileSync(`${file}.json`, JSON.stringify(numbers));
        const texts = failed.map(({ title, text }) => `${title}\n${text}`);
        if (texts.length > 0) fs.writeFileSync(`${file}.failures`, texts.join('\n'));
      }
      const smaller = globalThis[Symbol.for('xrootd-archive.smaller')] ?? [];
      if (report) {
        const titles = failed.map(({ title }) => title);
        fs.writeFileSync(report, JSON.stringify({ passed, failed: titles, skipped, smaller }));
      }
    });
  }
};
