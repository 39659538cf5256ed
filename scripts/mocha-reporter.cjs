'use strict';
/** mocha's spec reporter; with MOCHA_TOTALS set, the numbers also go to a new file in that folder. */
const fs = require('node:fs');
const path = require('node:path');
const { Spec } = require('mocha').reporters;

module.exports = class SpecAndTotals extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const folder = process.env.MOCHA_TOTALS;
    if (!folder) return;
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(
        path.join(folder, `${process.pid}-${Date.now()}.json`),
        JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
      );
    });
  }
};
