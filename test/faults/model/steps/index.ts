/** All steps. One concept a file; what is listed here takes part. */
import type { AnyStep } from '../step.js';
import { backup } from './backup.js';
import { besides } from './beside.js';
import { checks } from './checks.js';
import { odd } from './odd.js';
import { opened } from './open.js';
import { forget } from './operator.js';
import { put } from './put.js';
import { restored } from './restore.js';
import { retained } from './retention.js';
import { byOthers } from './third_party.js';
import { byTape } from './tape.js';
import { written } from './write.js';

export const STEPS: readonly AnyStep[] = [
  put,
  ...written,
  backup,
  ...restored,
  ...byTape,
  ...byOthers,
  ...retained,
  ...checks,
  ...opened,
  ...besides,
  ...odd,
  forget,
];
