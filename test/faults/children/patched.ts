/** Loaded first (`node --import`), in each thread: patches of the environment are applied to what is loaded after it. */
import module from 'node:module';
import type { Patch } from '../../support/patches.js';
import { initialize, load } from './patched_hooks.js';

const patches = JSON.parse(process.env['XA_PATCHES'] ?? '[]') as readonly Patch[];
// Node 22 has it; what older ones have is deprecated in Node 26.
const { registerHooks } = module as unknown as { registerHooks?: (hooks: { load: typeof load }) => void };
initialize(patches);
if (registerHooks !== undefined) registerHooks({ load });
else module.register('./patched_hooks.js', { parentURL: import.meta.url, data: patches });
