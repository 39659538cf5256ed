/** Is this Node.js new enough? Imports nothing and uses nothing new, so that an old one can tell. */

/** `engines` in package.json says the same. */
const least = { major: 20, minor: 19 };

/** @returns what is wrong with this version, as a sentence */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > least.major || (major === least.major && minor >= least.minor)) return undefined;
  return `Node.js ${least.major}.${least.minor} or newer is needed, and this is ${version}. Install a newer one: https://nodejs.org/en/download`;
}
