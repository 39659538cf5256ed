/** A copy of the package, as an installation has it, whose addon a test may take away or spoil. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonFile } from '../../lib/addon/addon.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export class PackageCopy {
  /** @param project gets `node_modules/xrootd-archive`, without any addon */
  constructor(
    readonly project: string,
    readonly path = join(project, 'node_modules', 'xrootd-archive'),
  ) {
    mkdirSync(this.path, { recursive: true });
    cpSync(join(root, 'package.json'), join(this.path, 'package.json'));
    cpSync(join(root, 'dist', 'bundle'), join(this.path, 'dist', 'bundle'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.path, 'node_modules'));
    writeFileSync(join(project, 'package.json'), '{"type": "module"}');
  }

  get main(): string {
    return join(this.path, 'dist', 'bundle', 'main.js');
  }

  /**
   * Puts an addon there: the one that these tests run with, or with names in it changed for others of the same length.
   * @param place of its directory in the package
   */
  putAddon(place: string, changes: Record<string, string> = {}): string {
    let bytes = readFileSync(addonFile).toString('latin1');
    for (const [from, to] of Object.entries(changes)) {
      if (from.length !== to.length || !bytes.includes(from)) throw new Error(`can't make ${to} of ${from}`);
      bytes = bytes.replaceAll(from, to);
    }
    return this.putFile(join(place, 'xrootd_archive.node'), Buffer.from(bytes, 'latin1'));
  }

  /** @returns the install script */
  putScripts(): string {
    for (const name of ['install.cjs', 'find-xrootd.cjs']) {
      cpSync(join(root, 'scripts', name), join(this.path, 'scripts', name));
    }
    return join(this.path, 'scripts', 'install.cjs');
  }

  takeAddons(): void {
    for (const place of ['build', 'prebuilds'])
      rmSync(join(this.path, place), { recursive: true, force: true });
  }

  putFile(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }
}
