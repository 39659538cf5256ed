'use strict';
/**
 * mocha's spec reporter, and two things more: with MOCHA_TOTALS set, the numbers and the failures go to new files in
 * that folder; and a process that doesn't end by itself after its tests is a failure, not an endless wait.
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
    runner.on('fail', (test, error) => failed.push(`${test.fullTitle()}\n${error.stack ?? error}\n`));
    runner.once('end', () => {
      setTimeout(giveUp, PATIENCE_SECONDS * 1000).unref();
      const folder = process.env.MOCHA_TOTALS;
      if (!folder) return;
      const { passes, failures, pending } = this.stats;
      const file = path.join(folder, `${process.pid}-${Date.now()}`);
      fs.writeFileSync(
        `${file}.json`,
        JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
      );
      if (failed.length > 0) fs.writeFileSync(`${file}.failures`, failed.join('\n'));
    });
  }
};
