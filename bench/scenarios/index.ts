/** All scenarios, in the order in which they run. */
import type { Scenario } from '../harness/scenario.js';
import { catalogueAudit } from './catalogue_audit.js';
import { catalogueCost } from './catalogue_cost.js';
import { catalogue } from './catalogue.js';
import { events } from './events.js';
import { large } from './large.js';
import { latency } from './latency.js';
import { memory } from './memory.js';
import { pass } from './pass.js';
import { putting } from './put.js';
import { restore } from './restore.js';
import { restoreMany } from './restore_many.js';
import { small } from './small.js';

export const scenarios: readonly Scenario[] = [
  large,
  small,
  restore,
  restoreMany,
  pass,
  catalogueAudit,
  latency,
  putting,
  events,
  memory,
  catalogue,
  catalogueCost,
];
