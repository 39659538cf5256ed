import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, Stop } from './step.mjs';

/** @throws {Stop} when this Node.js is older than `engines` in package.json asks for */
export function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '').split('.').map(Number);
  const ours = process.versions.node.split('.').map(Number);
  if (ours[0] < least[0] || (ours[0] === least[0] && ours[1] < least[1])) {
    throw new Stop(`Node.js ${engines.node} is needed, this is ${process.version}`);
  }
}

/** Has node-gyp take the headers that came with this very Node.js, where they did, rather than download them. */
export function useHeadersBesideNode() {
  if (process.env.npm_config_nodedir) return;
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const header = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return;
  const text = readFileSync(header, 'utf8');
  const version = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  if (version.join('.') === process.versions.node) process.env.npm_config_nodedir = prefix;
}
