/** Preloaded (`--import`): appends the name of each package that is imported to the file PACKAGES_FILE. */
import { register } from 'node:module';

register('./tell_packages_hook.js', import.meta.url);
